// CSV as RFC 4180 has it, streamed; cells that a spreadsheet would run are made plain text (S-38).

/** Answers' headers for a file of this name. */
export const csvHeaders = (name: string) => ({
  'Content-Type': 'text/csv; charset=utf-8',
  'Content-Disposition': `attachment; filename="${name}"`,
});

/** One line of cells. */
const csvLine = (cells: string[]) => `${cells.map(csvCell).join(',')}\r\n`;

/** Quoted always; what begins like a formula begins with an apostrophe instead. */
const csvCell = (text: string) =>
  `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

/** A stream of the header and of what `pages` brings, a page at a time: only one is in memory. */
export function csvStream(
  header: string[],
  pages: AsyncIterator<string[][]>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(csvLine(header))),
    async pull(controller) {
      const { done, value } = await pages.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value.map(csvLine).join('')));
    },
    async cancel() {
      await pages.return?.();
    },
  });
}
