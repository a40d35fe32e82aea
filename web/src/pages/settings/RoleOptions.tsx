/** The roles to choose from, with what each may do. */
import { ROLES } from '../../api/people';

export function RoleOptions({ short = false }: { short?: boolean }) {
  return Object.entries(ROLES).map(([role, { word, may }]) => (
    <option key={role} value={role}>
      {short ? word : `${word}: ${may}`}
    </option>
  ));
}
