import { describe, expect, it, vi } from 'vitest';
import { Standing } from './closing';

describe('a dialog that an answer closes', () => {
  it('is closed by it while it stands', () => {
    const [dialog, close] = [new Standing(), vi.fn()];
    dialog.begin();
    dialog.close(close);
    expect(close).toHaveBeenCalledOnce();
  });

  it('is left alone by the answer to one that was closed before, though it looks the same', () => {
    const [first, second, close] = [new Standing(), new Standing(), vi.fn()];
    const gone = first.begin();
    gone();
    second.begin();
    first.close(close);
    expect(close).not.toHaveBeenCalled();
    second.close(close);
    expect(close).toHaveBeenCalledOnce();
  });

  it('is closed once, and still when it was drawn twice', () => {
    const [dialog, close] = [new Standing(), vi.fn()];
    dialog.begin()();
    dialog.begin();
    dialog.close(close);
    dialog.close(close);
    expect(close).toHaveBeenCalledOnce();
  });
});
