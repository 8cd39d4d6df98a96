/**
 * The table of all endpoints, in the order of `/help`.
 */
import type { Clock } from '../common/clock.js';
import { certs } from './certs.js';
import { clusters } from './clusters.js';
import { configDump } from './config-dump.js';
import type { Endpoint } from './endpoint.js';
import { help, home } from './help.js';
import {
  drainListeners,
  healthcheckFail,
  healthcheckOk,
  quit,
  reopenLogs,
  resetCounters,
} from './lifecycle.js';
import { listeners } from './listeners.js';
import { logging } from './logging.js';
import { contention, lookupsDone, notSupported, recentLookups, recordLookups } from './not-built.js';
import { runtimeModify, runtimeValues } from './runtime-values.js';
import { hotRestartVersion, initDump, memory, ready, serverInfo } from './server-info.js';
import { stats, statsPrometheus } from './stats.js';

const filterParameters = {
  usedonly: 'Only include stats that have been written by system since restart',
  filter: 'Regular expression (Google re2) for filtering stats',
  invert_filter: 'Invert the filter regex',
};

/** @param clock for what shows times. @returns the table */
/** @param more endpoints that are there by an option */
export function createEndpoints(clock: Clock, more: readonly Endpoint[] = []): readonly Endpoint[] {
  const endpoints: Endpoint[] = [
    ...more,
    { path: '/', help: 'Admin home page', handle: () => home(endpoints) },
    {
      path: '/allocprofiler',
      help: 'enable/disable the allocation profiler (if supported)',
      mutates: true,
      parameters: { enable: 'enable/disable the allocation profiler; One of (y, n)' },
      handle: notSupported('allocation profiler'),
    },
    { path: '/certs', help: 'print certs on machine', handle: certs(clock) },
    {
      path: '/clusters',
      help: 'upstream cluster status',
      parameters: { filter: 'Regular expression (Google re2) for filtering clusters by name' },
      handle: clusters,
    },
    {
      path: '/config_dump',
      help: 'dump current Envoy configs',
      parameters: {
        resource: 'The resource to dump',
        mask: 'The mask to apply. When both resource and mask are specified, the mask is applied to every element in the desired repeated field so that only a subset of fields are returned. The mask is parsed as a Protobuf::FieldMask',
        name_regex:
          'Dump only the currently loaded configurations whose names match the specified regex. Can be used with both resource and mask query parameters.',
        include_eds:
          'Dump currently loaded configuration including EDS. See the response definition for more information',
      },
      handle: configDump,
    },
    {
      path: '/contention',
      help: 'dump current Envoy mutex contention stats (if enabled)',
      handle: contention,
    },
    {
      path: '/cpuprofiler',
      help: 'enable/disable the CPU profiler',
      mutates: true,
      parameters: { enable: 'enables the CPU profiler; One of (y, n)' },
      handle: notSupported('CPU profiler'),
    },
    {
      path: '/drain_listeners',
      help: 'drain listeners',
      mutates: true,
      parameters: {
        graceful:
          'When draining listeners, enter a graceful drain period prior to closing listeners. This behaviour and duration is configurable via server options or CLI',
        skip_exit:
          'When draining listeners, drain the connections but never stop the listeners. The graceful parameter has no effect when this is set, since the drain period only delays stopping the listeners',
        inboundonly:
          'Drains all inbound listeners. traffic_direction field in envoy_v3_api_msg_config.listener.v3.Listener is used to determine whether a listener is inbound or outbound.',
      },
      handle: drainListeners,
    },
    {
      path: '/healthcheck/fail',
      help: 'cause the server to fail health checks',
      mutates: true,
      handle: healthcheckFail,
    },
    {
      path: '/healthcheck/ok',
      help: 'cause the server to pass health checks',
      mutates: true,
      handle: healthcheckOk,
    },
    { path: '/heap_dump', help: 'dump current Envoy heap (if supported)', handle: notSupported('heap dump') },
    {
      path: '/heapprofiler',
      help: 'enable/disable the heap profiler',
      mutates: true,
      parameters: { enable: 'enable/disable the heap profiler; One of (y, n)' },
      handle: notSupported('heap profiler'),
    },
    { path: '/help', help: 'print out list of admin commands', handle: () => help(endpoints) },
    {
      path: '/hot_restart_version',
      help: 'print the hot restart compatibility version',
      handle: hotRestartVersion,
    },
    {
      path: '/init_dump',
      help: 'dump current Envoy init manager information (experimental)',
      parameters: {
        mask: 'The desired component to dump unready targets. The mask is parsed as a Protobuf::FieldMask. For example, get the unready targets of all listeners with /init_dump?mask=listener`',
      },
      handle: initDump,
    },
    {
      path: '/listeners',
      help: 'print listener info',
      parameters: { format: 'File format to use; One of (text, json)' },
      handle: listeners,
    },
    {
      path: '/logging',
      help: 'query/change logging levels',
      mutates: true,
      parameters: {
        paths:
          'Change multiple logging levels by setting to <logger_name1>:<desired_level1>,<logger_name2>:<desired_level2>. If fine grain logging is enabled, use __FILE__ or a glob experision as the logger name. For example, source/common*:warning',
        group:
          'Change given logger group to desired level, set to <logger_group_name>:<desired_level>. logger_group_name must be a logger name.',
        level:
          "desired logging level, this will change all loggers's level; One of (, trace, debug, info, warning, error, critical, off)",
      },
      handle: logging,
    },
    { path: '/memory', help: 'print current allocation/heap usage', handle: memory },
    { path: '/memory/tcmalloc', help: 'print TCMalloc stats', handle: notSupported('TCMalloc stats') },
    {
      path: '/peak_heap_dump',
      help: 'dump peak Envoy heap (if supported)',
      handle: notSupported('heap dump'),
    },
    { path: '/quitquitquit', help: 'exit the server', mutates: true, handle: quit },
    {
      path: '/ready',
      help: 'print server state, return 200 if LIVE, otherwise return 503',
      handle: ready,
    },
    { path: '/reopen_logs', help: 'reopen access logs', mutates: true, handle: reopenLogs },
    { path: '/reset_counters', help: 'reset all counters to zero', mutates: true, handle: resetCounters },
    { path: '/runtime', help: 'print runtime values', handle: runtimeValues },
    {
      path: '/runtime_modify',
      help: 'Adds or modifies runtime values as passed in query parameters. To delete a previously added key, use an empty string as the value. Note that deletion only applies to overrides added via this endpoint; values loaded from disk can be modified via override but not deleted. E.g. ?key1=value1&key2=value2...',
      mutates: true,
      handle: runtimeModify,
    },
    { path: '/server_info', help: 'print server version/status information', handle: serverInfo(clock) },
    {
      path: '/stats',
      help: 'print server stats',
      parameters: {
        ...filterParameters,
        format: 'Format to use; One of (html, active-html, text, json)',
        type: 'Stat types to include.; One of (All, Counters, Histograms, Gauges, TextReadouts)',
        histogram_buckets: 'Histogram bucket display mode; One of (cumulative, disjoint, detailed, summary)',
      },
      handle: stats,
    },
    {
      path: '/stats/prometheus',
      help: 'print server stats in prometheus format',
      parameters: {
        usedonly: filterParameters.usedonly,
        text_readouts: 'Render text_readouts as new gaugues with value 0 (increases Prometheus data size)',
        filter: filterParameters.filter,
        invert_filter: filterParameters.invert_filter,
        histogram_buckets: 'Histogram bucket display mode; One of (cumulative, summary)',
      },
      handle: statsPrometheus,
    },
    { path: '/stats/recentlookups', help: 'Show recent stat-name lookups', handle: recentLookups },
    {
      path: '/stats/recentlookups/clear',
      help: 'clear list of stat-name lookups and counter',
      mutates: true,
      handle: lookupsDone,
    },
    {
      path: '/stats/recentlookups/disable',
      help: 'disable recording of reset stat-name lookup names',
      mutates: true,
      handle: lookupsDone,
    },
    {
      path: '/stats/recentlookups/enable',
      help: 'enable recording of reset stat-name lookup names',
      mutates: true,
      handle: recordLookups,
    },
  ];
  return endpoints.sort((a, b) => (a.path < b.path ? -1 : 1));
}
