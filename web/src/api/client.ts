/** Requests to the server: same origin, cookie session, one kind of error with the server's own sentence. */

/** A request that did not succeed; the message is a sentence for the person in front of the page. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const OFFLINE = 'The server cannot be reached; the page tries again by itself.';

async function sentence(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { error?: unknown };
    if (typeof body.error === 'string') return body.error;
  } catch {
    // A proxy's page instead of JSON: the status has to do.
  }
  return `The server answered ${response.status} to ${new URL(response.url).pathname}; its log says why.`;
}

type Query = Record<string, string | number | undefined>;

/** One request; the answer is the JSON body, or undefined when there is none. Throws ApiError. */
export async function request<T>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  { query = {}, body, signal }: { query?: Query; body?: unknown; signal?: AbortSignal } = {},
): Promise<T> {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  let response: Response;
  try {
    response = await fetch(text ? `${path}?${text}` : path, {
      method,
      credentials: 'same-origin',
      headers: {
        // Another site cannot send this header: it proves that the request comes from this page.
        'X-Doorwatch': '1',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, OFFLINE);
  }
  if (!response.ok) throw new ApiError(response.status, await sentence(response));
  if (response.status === 204) return undefined as T;
  const type = response.headers.get('Content-Type') ?? '';
  return (type.includes('json') ? await response.json() : undefined) as T;
}
