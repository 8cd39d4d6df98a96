# frozen_string_literal: true

# Chef's language as far as the cookbook uses it, where no Chef is to be had: runs the recipe with its resource, and
# prints what a run would hold: resources, properties, who tells whom. Names that Chef has not are errors.
#
#   ruby chef-run.rb COOKBOOK
require 'json'

COOKBOOK = ARGV.fetch(0)
KNOWN = {
  group: %i[system],
  user: %i[gid system manage_home home shell],
  directory: %i[owner group mode],
  cookbook_file: %i[cookbook source owner group mode backup sensitive verify],
  http_request: %i[url],
  systemd_unit: %i[content verify triggers_reload],
  service: %i[supports]
}.freeze
COMMON = %i[retries retry_delay action sensitive].freeze
RUN = []

# The block of one resource.
class ResourceBlock
  attr_reader :data

  # Of the custom resource whose action this stands in; nil in a recipe.
  attr_reader :new_resource

  def initialize(type, name, allowed, new_resource)
    @new_resource = new_resource
    (allowed + COMMON).each do |property|
      define_singleton_method(property) { |value| @data[:properties][property] = value }
    end
    @data = { type: type, name: name, properties: {}, notifies: [], parent: nil }
  end

  def notifies(action, target, timing)
    @data[:notifies] << [action, target, timing]
  end
end

# What a recipe, and the action of a resource, may say.
module Recipe
  KNOWN.each do |type, allowed|
    define_method(type) { |name, &block| declare(type, name, allowed, &block) }
  end

  def declare(type, name, allowed, &block)
    resource = ResourceBlock.new(type, name, allowed, respond_to?(:new_resource) ? new_resource : nil)
    resource.instance_eval(&block) if block
    RUN << resource.data
    resource.data
  end

  def node
    @node ||= Class.new do
      def initialize
        @attributes = Hash.new { |hash, key| hash[key] = {} }
      end

      def default = @attributes

      def [](key)
        @attributes.fetch(key)
      end
    end.new
  end
end

# `resources/config.rb`.
class CustomResource
  attr_reader :properties, :name, :unified, :actions

  def initialize
    @properties = {}
    @actions = {}
  end

  def provides(name)
    @name = name
  end

  def unified_mode(value)
    @unified = value
  end

  def property(name, type, **options)
    raise "#{name}: the default is no #{type}" if options.key?(:default) && !options[:default].is_a?(type)

    @properties[name] = options
  end

  def default_action(name)
    @default = name
  end

  def action(name, &block)
    @actions[name] = block
  end
end

# Its action, with `new_resource`.
class ActionRun
  include Recipe
  attr_reader :new_resource

  def initialize(values)
    @new_resource = Struct.new(*values.keys).new(*values.values)
  end
end

# The recipe.
class RecipeRun
  include Recipe

  def initialize(custom)
    custom_name = custom.name
    singleton_class.send(:define_method, custom_name) do |name, &block|
      data = declare(custom_name, name, custom.properties.keys, &block)
      defaults = custom.properties.transform_values { |options| options[:name_property] ? name : options[:default] }
      ActionRun.new({ sensitive: false }.merge(defaults, data[:properties])).instance_eval(&custom.actions.fetch(:create))
    end
  end

  def default
    node.default
  end
end

metadata = Class.new do
  attr_reader :data

  def method_missing(name, *args)
    (@data ||= []) << [name, *args]
  end

  def respond_to_missing?(*) = true
end.new
metadata.instance_eval(File.read("#{COOKBOOK}/metadata.rb"))

custom = CustomResource.new
custom.instance_eval(File.read("#{COOKBOOK}/resources/config.rb"))
recipe = RecipeRun.new(custom)
recipe.instance_eval(File.read("#{COOKBOOK}/attributes/default.rb"))
recipe.instance_eval(File.read("#{COOKBOOK}/recipes/default.rb"))

names = RUN.map { |resource| "#{resource[:type]}[#{resource[:name]}]" }
RUN.each do |resource|
  resource[:notifies].each { |_, target, _| raise "nothing is called #{target}" unless names.include?(target) }
end
puts JSON.generate({ unified: custom.unified, metadata: metadata.data, resources: RUN })
