// The part of mjml that is used here; the package brings no types.
declare module 'mjml' {
  interface Options {
    validationLevel: 'strict';
    ignoreIncludes: true;
    keepComments: false;
    /** Web fonts by name: none. */
    fonts: Record<string, never>;
  }
  export default function mjml2html(mjml: string, options: Options): Promise<{ html: string }>;
}
