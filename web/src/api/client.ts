/** Requests to the server: same origin, cookie session, one kind of error with the server's own sentence. */
import { t } from '@lingui/core/macro';
import createClient from 'openapi-fetch';
import type { paths } from './schema';

/** A request that did not succeed; the message is a sentence for the person in front of the page. */
export class ApiError extends Error {
  constructor(
    /** The HTTP status; 0 when the server could not be reached. */
    readonly status: number,
    message: string,
    /** What the server calls the reason, where it names one. */
    readonly reason?: string,
    /** All that the server answered. */
    readonly told?: unknown,
  ) {
    super(message);
  }
}

export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin,
  credentials: 'same-origin',
  // Another site cannot send this header: it proves that the request comes from this page.
  headers: { 'X-Doorwatch': '1' },
});

/** Asks the person for a fresh proof of who they are; true when it was given. */
let askProof: () => Promise<boolean> = async () => false;

/** The page says how it asks. */
export function onProofNeeded(ask: () => Promise<boolean>): void {
  askProof = ask;
}

const sent = new Map<string, Request>();

// What could do much harm is refused until the person has proved afresh who they are, and then sent once more.
api.use({
  onRequest({ request, id }) {
    if (request.method !== 'GET') sent.set(id, request.clone());
  },
  async onResponse({ response, id }) {
    const again = sent.get(id);
    sent.delete(id);
    if (response.status !== 403 || !again) return;
    const said: unknown = await response
      .clone()
      .json()
      .catch(() => null);
    const wanted = typeof said === 'object' && said !== null && 'reason' in said && said.reason === 'prove';
    if (wanted && (await askProof())) return fetch(again);
  },
  onError({ id }) {
    sent.delete(id);
  },
});

function reason(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('reason' in error)) return undefined;
  return typeof error.reason === 'string' ? error.reason : undefined;
}

function sentence(error: unknown, response: Response): string {
  if (typeof error === 'object' && error !== null && 'error' in error && typeof error.error === 'string') {
    return error.error;
  }
  return t`The server answered ${response.status} to ${new URL(response.url).pathname}; its log says why.`;
}

/** The body of an answer. Throws ApiError when the request did not succeed. */
export async function answer<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let given: { data?: T; error?: unknown; response: Response };
  try {
    given = await asked;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, t`The server cannot be reached; the page tries again by itself.`);
  }
  if (!given.response.ok) {
    throw new ApiError(given.response.status, sentence(given.error, given.response), reason(given.error), given.error);
  }
  return given.data as T;
}
