// SQL of the files that an admin uploaded.
import { eq } from 'drizzle-orm';
import { pageFiles } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';

export type FileRow = typeof pageFiles.$inferSelect;

export async function readFile(reader: Reader, name: string): Promise<FileRow | undefined> {
  const [row] = await reader.select().from(pageFiles).where(eq(pageFiles.name, name));
  return row;
}

export async function storeFile(tx: Tx, file: FileRow): Promise<void> {
  const { name, ...rest } = file;
  await tx
    .insert(pageFiles)
    .values({ name, ...rest })
    .onConflictDoUpdate({ target: pageFiles.name, set: rest });
}

export async function deleteFile(tx: Tx, name: string): Promise<void> {
  await tx.delete(pageFiles).where(eq(pageFiles.name, name));
}
