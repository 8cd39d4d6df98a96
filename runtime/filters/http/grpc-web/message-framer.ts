/**
 * Cuts a gRPC body into its messages: a flag, four octets of length, and the message (gRPC over HTTP/2, "Length-Prefixed
 * Message").
 */
const prefixLength = 5;

export class MessageFramer {
  private rest: Buffer = Buffer.alloc(0);

  /** @returns whole messages with their prefixes; what is incomplete is kept */
  push(data: Buffer): Buffer[] {
    let octets = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    const messages: Buffer[] = [];
    while (octets.length >= prefixLength) {
      const end = prefixLength + octets.readUInt32BE(1);
      if (octets.length < end) break;
      messages.push(octets.subarray(0, end));
      octets = octets.subarray(end);
    }
    this.rest = octets;
    return messages;
  }
}
