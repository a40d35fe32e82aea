/** Time zones to choose from. */

/** All that this browser knows, with UTC and the given one, by name. */
export function zonesWith(one: string): string[] {
  return [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', one])].sort();
}

/** The zone to propose: the site's, unless it is the one that nobody chose; then this browser's. */
export function proposedZone(site: string): string {
  if (site !== 'UTC') return site;
  return Intl.DateTimeFormat().resolvedOptions().timeZone || site;
}
