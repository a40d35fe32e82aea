/** A page behind a link that is good once: what the link is for, or why it opens nothing. */
import { t } from '@lingui/core/macro';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { Failure, Loading } from '../../parts/basics';
import { PasswordField } from '../../parts/PasswordField';
import { linkTo } from '../../shell/router';
import { SigningBox } from './Box';

interface Props<T> {
  title: string;
  what: string;
  state: UseQueryResult<T, Error>;
  children: (found: T) => ReactNode;
}

export function LinkPage<T>({ title, what, state, children }: Props<T>) {
  return (
    <SigningBox title={title}>
      {state.isPending ? <Loading what={what} /> : null}
      {state.isError ? (
        <>
          <Failure error={state.error} />
          <p>
            <a {...linkTo('/')}>{t`To the sign-in`}</a>
          </p>
        </>
      ) : null}
      {state.data ? children(state.data) : null}
    </SigningBox>
  );
}

interface NewSignInProps {
  name: string;
  onName: (name: string) => void;
  password: string;
  onPassword: (password: string) => void;
  autoFocus?: boolean;
}

/** With what somebody new signs in from now on. */
export function NewSignIn({ name, onName, password, onPassword, autoFocus = false }: NewSignInProps) {
  return (
    <>
      <TextField value={name} onChange={onName} autoComplete="name" maxLength={200} autoFocus={autoFocus}>
        <Label>{t`Your name`}</Label>
        <Input />
      </TextField>
      <PasswordField
        label={t`Password`}
        value={password}
        onChange={onPassword}
        autoComplete="new-password"
        minLength={10}
        isRequired
        hint={t`At least 10 characters. A sentence is easy to remember.`}
      />
    </>
  );
}
