/** The page behind a set-up link: the first owner chooses a name, a password, and where the site is. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { useSetUp, useSetupLink } from '../../api/setup';
import { Button, refusalShown } from '../../parts/basics';
import { navigate } from '../../shell/router';
import { Trouble } from './Box';
import { LinkPage, NewSignIn } from './LinkPage';
import { proposedZone, zonesWith } from './zones';

export function SetUpPage() {
  // Browsers send nothing of an address after its #: the secret is in no log.
  const [link] = useState(() => location.hash.slice(1));
  const state = useSetupLink(link || '-');
  return (
    <LinkPage title={t`Set up Doorwatch`} what={t`the set-up link`} state={state}>
      {({ site }) => <SetUpForm link={link} site={site} />}
    </LinkPage>
  );
}

function SetUpForm({ link, site }: { link: string; site: { name: string; time_zone: string } }) {
  const setUp = useSetUp();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [siteName, setSiteName] = useState(site.name);
  const [zone, setZone] = useState(() => proposedZone(site.time_zone));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (setUp.isPending) return;
    setUp
      .mutateAsync({
        link,
        email: email.trim(),
        name: name.trim(),
        password,
        site_name: siteName.trim(),
        time_zone: zone,
      })
      // The session is there by then, and with it another page than this one.
      .then(() => navigate('/', { replace: true }), refusalShown);
  };
  return (
    <form onSubmit={submit}>
      <p className="soft">
        <Trans>You become the owner: you may do everything here, and add others later.</Trans>
      </p>
      <TextField value={email} onChange={setEmail} type="email" autoComplete="username" isRequired autoFocus>
        <Label>{t`E-mail address`}</Label>
        <Input />
      </TextField>
      <NewSignIn name={name} onName={setName} password={password} onPassword={setPassword} />
      <TextField value={siteName} onChange={setSiteName} isRequired maxLength={200}>
        <Label>{t`Name of the site`}</Label>
        <Input />
      </TextField>
      <label>
        {t`Time zone of the site`}
        <select value={zone} onChange={(event) => setZone(event.target.value)}>
          {zonesWith(zone).map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <Trouble error={setUp.error} />
      <Button type="submit" tone="main" isPending={setUp.isPending}>
        {setUp.isPending ? t`Setting up…` : t`Set up`}
      </Button>
    </form>
  );
}
