/** A box to tick with its words beside it. */
import type { ReactNode } from 'react';

interface Props {
  isSelected: boolean;
  onChange: (on: boolean) => void;
  children: ReactNode;
}

export function Check({ isSelected, onChange, children }: Props) {
  return (
    <label className="check">
      <input type="checkbox" checked={isSelected} onChange={(event) => onChange(event.target.checked)} />
      <span>{children}</span>
    </label>
  );
}
