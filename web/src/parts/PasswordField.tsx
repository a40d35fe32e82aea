/** A password, which can be looked at while it is typed. */
import { t } from '@lingui/core/macro';
import { type ReactNode, useId, useState } from 'react';
import { Input, Label, TextField, type TextFieldProps, ToggleButton } from 'react-aria-components';

export function PasswordField({ label, hint, ...rest }: TextFieldProps & { label: string; hint?: ReactNode }) {
  const [shown, setShown] = useState(false);
  const hintId = useId();
  return (
    <TextField {...rest} type={shown ? 'text' : 'password'} aria-describedby={hint ? hintId : undefined}>
      <Label>{label}</Label>
      <span className="password-field">
        <Input autoCapitalize="none" spellCheck="false" />
        <ToggleButton isSelected={shown} onChange={setShown} aria-label={t`Show what is typed`} className="reveal">
          {shown ? t`Hide` : t`Show`}
        </ToggleButton>
      </span>
      {hint ? (
        <span className="soft small" id={hintId}>
          {hint}
        </span>
      ) : null}
    </TextField>
  );
}
