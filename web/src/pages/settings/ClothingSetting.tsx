/** Whether the colours of clothes are read off those who cross, and kept. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Switch } from 'react-aria-components';
import { useClothing, useSetClothing } from '../../api/clothing';
import { Failure, Loading } from '../../parts/basics';
import { ask, say, sayWhy } from '../../shell/ask';

export function ClothingSetting() {
  const clothing = useClothing();
  const set = useSetClothing();
  if (clothing.isPending) return <Loading what={t`what is kept of clothes`} />;
  if (clothing.isError) return <Failure error={clothing.error} retry={() => void clothing.refetch()} />;
  const change = async (kept: boolean) => {
    const warning = t`The colours and looks that are stored are deleted within minutes, and searches find nobody by them any more.`;
    if (!kept && !(await ask(t`Keep no colours of clothes?`, warning, t`Keep none`))) return;
    set
      .mutateAsync(kept)
      .then(() => say(kept ? t`Colours of clothes are kept.` : t`Colours of clothes are kept no more.`), sayWhy);
  };
  return (
    <>
      <h2>{t`Clothes`}</h2>
      <p className="soft">
        <Trans>
          Of whoever crosses, the colour above and below the waist is kept as a word for some weeks, and whether a
          backpack, handbag or suitcase was seen with them: no face and no name. Where there is a model for it, how the
          person looks is kept as numbers, too. Cameras that keep only blurred people tell none.
        </Trans>
      </p>
      <Switch className="switch" isSelected={clothing.data.kept} onChange={(kept) => void change(kept)}>
        <Trans>
          <span className="switch-track" aria-hidden="true" />
          Keep the colours of clothes
        </Trans>
      </Switch>
    </>
  );
}
