/** What all pages are made of that stand before the product: a box with the name, a title, and what to do. */
import { type ReactNode, useEffect } from 'react';
import { Logo } from '../../shell/Logo';

interface Props {
  title: string;
  wide?: boolean;
  children: ReactNode;
}

export function SigningBox({ title, wide = false, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Doorwatch`;
  }, [title]);
  return (
    <main className="sign-in">
      <div className={`sign-in-box${wide ? ' wide' : ''}`}>
        <Logo />
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

/** Why it did not work, where it was tried. */
export function Trouble({ error }: { error: Error | null }) {
  return error ? (
    <p className="failure-text" role="alert">
      {error.message}
    </p>
  ) : null;
}
