/** The last row of a dialog: the way back, and what the dialog is for. */
import { t } from '@lingui/core/macro';
import { Button } from './basics';

interface Props {
  onClose: () => void;
  /** What stands on the way back, unless it is Cancel. */
  back?: string;
  /** What the dialog is for. */
  word: string;
  /** What pressing it does; without it the form around this is sent. */
  onPress?: () => void;
  isPending?: boolean;
  isDisabled?: boolean;
  /** Whether Enter does it at once, as long as nothing else was chosen. */
  autoFocus?: boolean;
}

export function DialogButtons({ onClose, back = t`Cancel`, word, onPress, ...rest }: Props) {
  return (
    <div className="dialog-buttons">
      <Button onPress={onClose}>{back}</Button>
      <Button {...rest} {...(onPress ? { onPress } : { type: 'submit' as const })} tone="main">
        {word}
      </Button>
    </div>
  );
}
