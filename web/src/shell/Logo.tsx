/** The product's sign: a door, a green trail through it and a red one. */
import { t } from '@lingui/core/macro';
export function Logo() {
  return (
    <span className="logo">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <path d="M9 25V6h14v19" className="logo-door" />
        <path d="M3 31l7-9h5l-4 9z" className="logo-admitted" />
        <path d="M17 22h5l7 9h-8z" className="logo-excess" />
      </svg>
      {t`Doorwatch`}
    </span>
  );
}
