/** What is kept on purpose, and who is erased on purpose: holds, cardholders, erasures. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useDeferredValue, useState } from 'react';
import {
  type Cardholder,
  type Erasure,
  isActive,
  useAllowPerson,
  useCardholders,
  useErasePerson,
  useErasures,
  useExportPerson,
  useHolds,
} from '../../api/privacy';
import { useSession } from '../../api/queries';
import { Ago, Button, Clock, Failure, Loading } from '../../parts/basics';
import { ask, say, sayWhy } from '../../shell/ask';
import { linkTo } from '../../shell/router';
import { HoldLine } from '../incident/Holds';
import { ClothingSetting } from './ClothingSetting';
import { EvidenceKey } from './EvidenceKey';

export function PrivacyPart() {
  const session = useSession().data;
  const owns = session?.permissions.includes('own') ?? false;
  const mayEnd = session?.permissions.includes('manage') ?? false;
  return (
    <section className="part" aria-label={t`Privacy`}>
      {owns ? <People /> : null}
      {owns ? <ClothingSetting /> : null}
      <HeldEvidence mayEnd={mayEnd} />
      {session?.permissions.includes('view') ? <EvidenceKey /> : null}
      {owns ? <Erasures /> : null}
    </section>
  );
}

function People() {
  const [text, setText] = useState('');
  const found = useCardholders(useDeferredValue(text));
  return (
    <>
      <h2>{t`A person`}</h2>
      <p className="soft">
        <Trans>
          All that is stored of a cardholder, for whoever asks for it; and erasing name, address and id from everything
          that is not held. Events stay, without a name.
        </Trans>
      </p>
      <input
        className="filter wide"
        type="search"
        placeholder={t`Name, id or e-mail of a cardholder`}
        aria-label={t`Name, id or e-mail of a cardholder`}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {found.isError ? <Failure error={found.error} retry={() => void found.refetch()} /> : null}
      {found.data && !found.data.length ? (
        <p className="soft" role="status">
          {t`Nobody is called so, as far as is stored.`}
        </p>
      ) : null}
      {found.data?.length ? (
        <ul className="lines" aria-label={t`Cardholders`}>
          {found.data.map((one) => (
            <PersonFound
              key={one.cardholder_id}
              person={one}
              onErased={() => setText((now) => (now === text ? '' : now))}
            />
          ))}
        </ul>
      ) : null}
    </>
  );
}

function PersonFound({ person, onErased }: { person: Cardholder; onErased: () => void }) {
  const exported = useExportPerson();
  const erase = useErasePerson();
  const called = person.name ?? person.email ?? person.actor_id ?? 'somebody';
  const askAndErase = async () => {
    const text =
      t`Name, address and id go from events, incidents, mails, notes and the audit trail, for good, and do not come back ` +
      t`with later events. What is held keeps them until the hold ends.`;
    if (!(await ask(t`Erase ${called}?`, text, t`Erase for good`))) return;
    // Awaited, not by callbacks of the mutation: these are not called when the line has gone from the list meanwhile.
    try {
      const done = await erase.mutateAsync(person.cardholder_id);
      say(done.kept.length ? t`Erased, but for what holds keep: see below.` : t`The person is erased.`);
      onErased();
    } catch (error) {
      sayWhy(error);
    }
  };
  return (
    <li>
      <div>
        <strong>{called}</strong>
        <p className="soft small">
          {[person.email, person.actor_id].filter(Boolean).join(' · ')}
          {person.email || person.actor_id ? '; ' : ''}
          {plural(person.events, { one: '1 event', other: `${person.events} events` })}
          {person.last_at ? (
            <Trans>
              , the last <Ago at={person.last_at} />
            </Trans>
          ) : null}
        </p>
      </div>
      <div className="actions">
        <Button
          onPress={() => exported.mutateAsync(person.cardholder_id).then(download, sayWhy)}
          isPending={exported.isPending}
          aria-label={t`Export what is stored of ${called}`}
        >
          {t`Export`}
        </Button>
        <Button onPress={() => void askAndErase()} isPending={erase.isPending} aria-label={t`Erase ${called}`}>
          {t`Erase`}
        </Button>
      </div>
    </li>
  );
}

/** Saves a document as a file. */
function download(told: unknown): void {
  const address = URL.createObjectURL(new Blob([JSON.stringify(told, null, 1)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `doorwatch-person-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  URL.revokeObjectURL(address);
}

function HeldEvidence({ mayEnd }: { mayEnd: boolean }) {
  const holds = useHolds();
  const active = holds.data?.filter((hold) => isActive(hold, Date.now())) ?? [];
  return (
    <>
      <h2>{t`Held evidence`}</h2>
      {holds.isPending ? <Loading what={t`holds`} /> : null}
      {holds.isError ? <Failure error={holds.error} retry={() => void holds.refetch()} /> : null}
      {holds.data && !active.length ? (
        <p className="soft">
          <Trans>Nothing is held. A hold is placed on the page of an incident.</Trans>
        </p>
      ) : null}
      <ul className="lines" aria-label={t`Held evidence`}>
        {active.map((hold) => (
          <li key={hold.hold_id}>
            <HoldLine hold={hold} mayEnd={mayEnd} />
            <a {...linkTo(`/incidents/${encodeURIComponent(hold.incident_id)}`)}>
              <Trans>
                The incident<span className="hidden"> held for {hold.reason}</span>
              </Trans>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

function Erasures() {
  const erasures = useErasures(true);
  if (!erasures.data?.length) return null;
  return (
    <>
      <h2>{t`Erased`}</h2>
      <ul className="lines" aria-label={t`Erased`}>
        {erasures.data.map((one) => (
          <ErasureLine key={one.erasure_id} erasure={one} />
        ))}
      </ul>
    </>
  );
}

function ErasureLine({ erasure }: { erasure: Erasure }) {
  const allow = useAllowPerson();
  const askAndAllow = async () => {
    const text = t`Such as somebody who is employed anew. What was erased does not come back.`;
    if (await ask(t`Let this person be stored again from now on?`, text, t`Let it be stored`)) {
      allow.mutateAsync(erasure.erasure_id).then(() => say(t`Allowed.`), sayWhy);
    }
  };
  const cleaned = Object.entries(erasure.cleaned).map(
    ([what, count]) => `${count} ${count === 1 ? what.replace(/s$/, '') : what}`,
  );
  return (
    <li>
      <div>
        <strong>
          <Clock at={erasure.erased_at} />
        </strong>{' '}
        <span className="soft">
          <Trans>by {erasure.erased_by}</Trans>
        </span>
        <p className="soft small">
          <Trans>Cleaned: {cleaned.join(', ') || t`nothing`}</Trans>
        </p>
        {erasure.kept.map((one) => (
          <p key={one.incident_id} className="small">
            {t`Kept until`} {one.until ? <Clock at={one.until} /> : t`somebody ends the hold`}:{' '}
            <a {...linkTo(`/incidents/${encodeURIComponent(one.incident_id)}`)}>{one.reason}</a>
          </p>
        ))}
        {erasure.notes.map((note) => (
          <p key={note} className="small">
            {note}
          </p>
        ))}
      </div>
      <div className="actions">
        <Button
          onPress={() => void askAndAllow()}
          isPending={allow.isPending}
          aria-label={t`Let the person of ${erasure.erasure_id} be stored again`}
        >
          {t`Allow again`}
        </Button>
      </div>
    </li>
  );
}
