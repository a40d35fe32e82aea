/** The field that narrows a long list; short lists are read at once and need none. */

const SHORT = 5;

interface Props {
  of: number | undefined;
  what: string;
  text: string;
  onChange: (text: string) => void;
}

/** `of` is how long the list is, `what` the field's words. */
export function Filter({ of, what, text, onChange }: Props) {
  if ((of ?? 0) <= SHORT) return null;
  return (
    <input
      className="filter"
      type="search"
      placeholder={what}
      aria-label={what}
      value={text}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
