/** In which browsers one is notified: this one and others, trying and ending it. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import {
  canBeNotified,
  type NotifiedBrowser,
  useBrowsers,
  useForgetBrowser,
  useNotifyHere,
  useTryBrowser,
} from '../../api/notifications';
import { Button, Clock, Failure, Loading, Refusal } from '../../parts/basics';
import { ask, say, sayWhy } from '../../shell/ask';
import { browserName } from './browsers';

export function NotificationList() {
  const browsers = useBrowsers();
  const told = browsers.data;
  return (
    <>
      <h2>{t`Notifications in browsers`}</h2>
      {browsers.isPending ? <Loading what={t`notifications`} /> : null}
      {browsers.isError ? <Failure error={browsers.error} retry={() => void browsers.refetch()} /> : null}
      {told?.allowed ? <Here told={told} /> : null}
      {told && !told.allowed ? (
        <p className="soft">
          <Trans>
            This account lets nobody be notified in browsers. Who manages it can allow it under Settings, Alerts.
          </Trans>
        </p>
      ) : null}
      <ul className="lines">
        {told?.browsers.map((browser) => (
          <BrowserLine key={browser.subscription_id} browser={browser} isHere={browser.fingerprint === told.here} />
        ))}
      </ul>
    </>
  );
}

function Here({ told }: { told: { key: string; here: string | null; browsers: NotifiedBrowser[] } }) {
  const notify = useNotifyHere();
  if (told.browsers.some((browser) => browser.fingerprint === told.here)) return null;
  if (!canBeNotified()) {
    return (
      <p className="soft">
        <Trans>
          This browser can't be notified here: it needs the page over HTTPS, and on a phone often that the page is on
          the home screen.
        </Trans>
      </p>
    );
  }
  return (
    <>
      <p className="soft">
        <Trans>
          Incidents are told on this screen, even while the page is closed. The browser's maker carries the message and
          can't read it.
        </Trans>
      </p>
      <div className="actions">
        <Button
          tone="main"
          onPress={() => notify.mutate({ key: told.key, name: browserName(navigator.userAgent) })}
          isPending={notify.isPending}
        >
          {t`Notify me in this browser`}
        </Button>
      </div>
      <Refusal of={notify} />
    </>
  );
}

function BrowserLine({ browser, isHere }: { browser: NotifiedBrowser; isHere: boolean }) {
  const tryIt = useTryBrowser();
  const forget = useForgetBrowser();
  const { name } = browser;
  const end = async () => {
    if (await ask(t`End notifications in ${name}?`, t`You are told of nothing more there.`, t`End it`)) {
      forget.mutateAsync(browser).catch(sayWhy);
    }
  };
  return (
    <li>
      <div>
        <strong>{name}</strong> {isHere ? <span className="badge tone-accent">{t`this browser`}</span> : null}
        <p className="soft small">
          <Trans>
            since <Clock at={browser.created_at} />
          </Trans>
        </p>
      </div>
      <div className="actions">
        <Button
          onPress={() =>
            tryIt.mutateAsync(browser.subscription_id).then(() => say(t`A notification is on its way.`), sayWhy)
          }
          isPending={tryIt.isPending}
          aria-label={t`Try ${name}`}
        >
          {t`Try`}
        </Button>
        <Button onPress={() => void end()} aria-label={t`End notifications in ${name}`}>
          {t`End`}
        </Button>
      </div>
    </li>
  );
}
