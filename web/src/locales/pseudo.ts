/**
 * A language that nobody speaks: each text of the catalogue with accents on its letters. Whoever switches to it
 * (`localStorage['doorwatch.language'] = 'pseudo'`) sees which texts are not in the catalogue; a test looks, too.
 */
import type { Messages } from '@lingui/core';

export const PSEUDO = 'pseudo';

const PLAIN = 'AaCcEeIiNnOoSsUuYyZz';
const ACCENTED = 'ÂâÇçÊêÎîÑñÔôŠšÛûÝýŽž';

const accented = (text: string) => text.replace(/[A-Za-z]/g, (sign) => ACCENTED[PLAIN.indexOf(sign)] ?? sign);

/** A message of a compiled catalogue: a text, or texts among placeholders, whose forms are messages again. */
function changed(message: unknown): unknown {
  if (typeof message === 'string') return accentedOutsideTags(message);
  if (!Array.isArray(message)) return message;
  return message.map((part) => (Array.isArray(part) ? placeholder(part) : changed(part)));
}

function placeholder([name, kind, forms]: unknown[]): unknown[] {
  if (kind === undefined) return [name];
  if (typeof forms !== 'object' || forms === null) return [name, kind, forms];
  const told = Object.entries(forms).map(([form, message]) => [form, form === 'offset' ? message : changed(message)]);
  return [name, kind, Object.fromEntries(told)];
}

/** `<0>` and `</0>` stand for elements. */
const accentedOutsideTags = (text: string) =>
  text.replace(/<\/?\d+\/?>|[^<]+/g, (p) => (p[0] === '<' ? p : accented(p)));

/** The whole catalogue in that language. */
export function pseudo(messages: Messages): Messages {
  return Object.fromEntries(Object.entries(messages).map(([id, message]) => [id, changed(message)])) as Messages;
}
