// mailauth brings no types; this is what the tests use of it.
declare module 'mailauth/lib/dkim/verify.js' {
  export function dkimVerify(
    message: string | Buffer,
    options: { resolver: (name: string, type: string) => Promise<string[][]> },
  ): Promise<{
    results: {
      signingDomain?: string;
      algo?: string;
      status: { result: string; comment?: string };
    }[];
  }>;
}
