// Parts of the addresses in the environment that have schemes of their own: host, port, user, password.
// Their faults never repeat what was written: it may be a piece of a password.

export type Fault = (text: string) => void;

/** A host's name or IP address, without the brackets of IPv6. */
export function readHost(url: URL, fault: Fault): string {
  // Only web addresses are lower-cased by the URL parser.
  const host = url.hostname.toLowerCase();
  const isPlain =
    /^[a-z0-9_]([a-z0-9._-]*[a-z0-9_.])?$/.test(host) || /^\[[0-9a-f:.]+\]$/.test(host);
  if (!isPlain) fault('a host is a name, an IPv4 address or an IPv6 address in brackets.');
  return host.replace(/^\[(.*)\]$/, '$1');
}

export function readPort(url: URL, usual: number, fault: Fault): number {
  if (url.port === '') return usual;
  const port = Number(url.port);
  if (port === 0) fault('a port is a number from 1 to 65535.');
  return port;
}

/** What a percent-encoded part says. One line: it ends up in a protocol of lines. */
export function readPart(text: string, fault: Fault): string {
  const wrong =
    'write the special characters of a user, password or folder percent-encoded (% as %25).';
  try {
    const part = decodeURIComponent(text);
    // oxlint-disable-next-line no-control-regex
    if (/[\u0000-\u001f\u007f]/.test(part)) fault(wrong);
    return part;
  } catch {
    fault(wrong);
    return '';
  }
}
