/** All cameras as a table: save it, edit it, bring it back; what it would change is told before it does. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useRef, useState } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useCameraList } from '../../api/queries';
import type { components } from '../../api/schema';
import { Button, refusalShown } from '../../parts/basics';
import { useCloses } from '../../parts/closing';
import { Shape } from '../../parts/icons';
import { say } from '../../shell/ask';

type Told = components['schemas']['CameraListResult'];

export function CameraList({ onClose }: { onClose: () => void }) {
  const send = useCameraList();
  const file = useRef<HTMLInputElement>(null);
  const [read, setRead] = useState<{ name: string; csv: string } | null>(null);
  const [told, setTold] = useState<Told | null>(null);
  const look = async (chosen: File | undefined) => {
    if (!chosen) return;
    const csv = await chosen.text();
    setTold(null);
    setRead({ name: chosen.name, csv });
    send.mutate({ csv, apply: false }, { onSuccess: setTold });
  };
  const close = useCloses(onClose);
  const count = told ? told.added_count + told.changed_count : 0;
  const apply = () => {
    if (!read) return;
    const done = (result: Told) => {
      say(t`${camerasOf(result.added_count)} added, ${result.changed_count} changed.`);
      close();
    };
    send.mutateAsync({ csv: read.csv, apply: true }).then(done, refusalShown);
  };
  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="dialog-box">
        <Dialog className="dialog camera-file">
          <Heading slot="title">{t`Cameras as a file`}</Heading>
          <p className="soft">
            <Trans>
              A table with a column <code>name</code>, and any of <code>url</code>, <code>user</code>,{' '}
              <code>password</code>, <code>enabled</code>, <code>groups</code>, <code>labels</code>,{' '}
              <code>blur_people</code>, and how it is recorded (the saved list has all columns). Cameras that are there
              are changed, others added, none removed. A column that is missing leaves what is stored; a blank cell
              clears it.
            </Trans>
          </p>
          <div className="actions">
            <a className="button" href="/api/camera-list" download="cameras.csv">
              {t`Save the list`}
            </a>
            <Button onPress={() => file.current?.click()} isPending={send.isPending && !told}>
              {read ? t`Choose another file` : t`Choose a file`}
            </Button>
            <input
              ref={file}
              type="file"
              hidden
              accept=".csv,.tsv,.txt,text/csv"
              aria-label={t`File of cameras`}
              onChange={(event) => {
                void look(event.target.files?.[0]);
                event.target.value = '';
              }}
            />
          </div>
          {send.error ? (
            <p className="failure-text" role="alert">
              {send.error.message}
            </p>
          ) : null}
          {told && read ? <Summary name={read.name} told={told} /> : null}
          <div className="dialog-buttons">
            <Button onPress={onClose}>{t`Close`}</Button>
            {told && count ? (
              <Button tone="main" onPress={apply} isPending={send.isPending}>
                {takes(count, told.fault_count > 0)}
              </Button>
            ) : null}
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

const takes = (count: number, partly: boolean) =>
  count === 1
    ? partly
      ? t`Take the good row`
      : t`Take it`
    : partly
      ? t`Take the ${count} good rows`
      : t`Take ${count} rows`;

const camerasOf = (count: number) => plural(count, { one: 'One camera', other: `${count} cameras` });

function Summary({ name, told }: { name: string; told: Told }) {
  return (
    <section aria-label={t`What ${name} would change`} role="status">
      <h3>{name}</h3>
      <ul className="changes">
        <Line count={told.added_count} word={t`added`} names={told.added} />
        <Line
          count={told.changed_count}
          word={t`changed`}
          names={told.changed.map((one) => `${one.name} (${one.fields.join(', ').replaceAll('_', ' ')})`)}
        />
        {told.unchanged_count ? (
          <li>
            <Trans>{camerasOf(told.unchanged_count)} as they are</Trans>
          </li>
        ) : null}
        {!told.added_count && !told.changed_count ? <li>{t`Nothing would change`}</li> : null}
      </ul>
      {told.fault_count ? (
        <>
          <p className="tone-possible">
            <Shape name="question" />{' '}
            <Trans>
              {plural(told.fault_count, { one: 'One row is', other: `${told.fault_count} rows are` })} left out:
            </Trans>
          </p>
          <ul className="changes">
            {told.faults.map((fault) => (
              <li key={fault.row}>
                <strong>
                  <Trans>Row {fault.row}</Trans>
                </strong>{' '}
                {fault.field}: {fault.error}
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </section>
  );
}

function Line({ count, word, names }: { count: number; word: string; names: readonly string[] }) {
  if (!count) return null;
  return (
    <li>
      <span>
        <strong>
          {camerasOf(count)} {word}
        </strong>
        : {names.slice(0, 12).join(', ')}
        {count > 12 ? t` and ${count - 12} more` : ''}
      </span>
    </li>
  );
}
