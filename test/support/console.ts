// An unexpected console.error in a test is a failure: errors must reach a logger or a caller.
import { afterEach, beforeEach, expect, vi } from 'vitest';

let complaint: ReturnType<typeof vi.spyOn>;

beforeEach(() => {
  complaint = vi.spyOn(console, 'error');
});

afterEach(() => {
  expect(complaint).not.toHaveBeenCalled();
  complaint.mockRestore();
});
