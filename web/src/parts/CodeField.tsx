/** Six digits out of an authenticator app, or a recovery code. */
import { t } from '@lingui/core/macro';
import { Input, Label, TextField, type TextFieldProps } from 'react-aria-components';

export function CodeField({ label = t`Code of your authenticator app`, ...rest }: TextFieldProps & { label?: string }) {
  return (
    <TextField {...rest} autoComplete="one-time-code" minLength={6} maxLength={40} isRequired>
      <Label>{label}</Label>
      <Input spellCheck="false" autoCapitalize="none" />
    </TextField>
  );
}
