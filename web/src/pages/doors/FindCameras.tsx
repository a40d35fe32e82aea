/** Find a camera by ONVIF: search the network or name one, sign in, choose a stream, add it. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Dialog, Heading, Input, Label, Modal, ModalOverlay, TextField } from 'react-aria-components';
import { useAddCamera } from '../../api/queries';
import { Button, refusalShown } from '../../parts/basics';
import { useCloses } from '../../parts/closing';
import { DialogButtons } from '../../parts/DialogButtons';
import { Shape } from '../../parts/icons';
import { say } from '../../shell/ask';
import {
  type FoundCamera,
  firstChoice,
  mainChoice,
  nameOf,
  profileWords,
  type SignIn,
  type Streams,
  useDiscover,
  useProbe,
  useStreams,
  withSignIn,
} from './onvif';

export function FindCameras({ onClose }: { onClose: () => void }) {
  const [told, setTold] = useState<{ streams: Streams; signIn: SignIn; name: string } | null>(null);
  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(open) => !open && onClose()}>
      <Modal className="dialog-box find-cameras">
        <Dialog className="dialog">
          <Heading slot="title">{told ? t`Streams of ${told.name}` : t`Find cameras`}</Heading>
          {told ? (
            <ChooseStream {...told} onBack={() => setTold(null)} onClose={onClose} />
          ) : (
            <AskCamera onClose={onClose} onTold={(streams, signIn, name) => setTold({ streams, signIn, name })} />
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

interface AskProps {
  onClose: () => void;
  onTold: (streams: Streams, signIn: SignIn, name: string) => void;
}

/** Which camera, and who signs in to it. */
function AskCamera({ onClose, onTold }: AskProps) {
  const discover = useDiscover();
  const ask = useStreams();
  const [url, setUrl] = useState('');
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const found = discover.data ?? [];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const camera = found.find((one) => one.address === url);
    const signIn = { user: user.trim(), password };
    ask.mutate(
      { url: url.trim(), ...signIn },
      { onSuccess: (streams) => onTold(streams, signIn, nameOf(camera, streams)) },
    );
  };
  return (
    <form onSubmit={submit}>
      <div className="find-search">
        <p className="soft small">
          <Trans>The analyzers ask the networks they stand in which cameras speak ONVIF.</Trans>
        </p>
        <Button onPress={() => discover.mutate()} isPending={discover.isPending}>
          {discover.isPending ? t`Searching…` : t`Search the network`}
        </Button>
      </div>
      <Trouble error={discover.error} />
      {discover.isSuccess && !found.length ? (
        <p className="soft" role="status">
          <Trans>
            No camera answered. Cameras in other network segments are not heard: type the address of one below.
          </Trans>
        </p>
      ) : null}
      {found.length ? <FoundList found={found} chosen={url} onChoose={setUrl} /> : null}
      <TextField value={url} onChange={setUrl} isRequired>
        <Label>{t`Address of the camera`}</Label>
        <Input placeholder={t`10.0.0.20, or 10.0.0.20:8000`} spellCheck="false" />
      </TextField>
      <div className="find-sign-in">
        <TextField value={user} onChange={setUser} autoComplete="off">
          <Label>{t`ONVIF user`}</Label>
          <Input spellCheck="false" />
        </TextField>
        <TextField value={password} onChange={setPassword} type="password" autoComplete="off">
          <Label>{t`Its password`}</Label>
          <Input />
        </TextField>
      </div>
      <Trouble error={ask.error} />
      <DialogButtons
        onClose={onClose}
        word={ask.isPending ? t`Asking…` : t`List its streams`}
        isDisabled={!url.trim()}
        isPending={ask.isPending}
      />
    </form>
  );
}

function FoundList({
  found,
  chosen,
  onChoose,
}: {
  found: readonly FoundCamera[];
  chosen: string;
  onChoose: (address: string) => void;
}) {
  return (
    <fieldset className="picks">
      <legend>{plural(found.length, { one: 'One camera answered', other: `${found.length} cameras answered` })}</legend>
      {found.map((camera) => (
        <label key={camera.endpoint} className="pick">
          <input
            type="radio"
            name="camera"
            checked={chosen === camera.address}
            onChange={() => onChoose(camera.address)}
          />
          <span>
            <strong>{camera.name || camera.hardware || camera.host}</strong>{' '}
            <span className="soft small">
              {[camera.name ? camera.hardware : '', camera.location, camera.host].filter(Boolean).join(' · ')}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

interface ChooseProps {
  streams: Streams;
  signIn: SignIn;
  name: string;
  onBack: () => void;
  onClose: () => void;
}

/** One of the camera's streams, looked at when wanted, and added. */
function ChooseStream({ streams, signIn, name: proposed, onBack, onClose }: ChooseProps) {
  const add = useAddCamera();
  const probe = useProbe();
  const [token, setToken] = useState(firstChoice(streams));
  const [name, setName] = useState(proposed);
  const [main, setMain] = useState(() => mainChoice(streams, token));
  const close = useCloses(onClose);
  const addressOf = (wanted: string | null) => {
    const found = streams.profiles.find((profile) => profile.token === wanted && profile.usable)?.url;
    return found ? withSignIn(found, signIn) : null;
  };
  const chosen = streams.profiles.find((profile) => profile.token === token && profile.usable);
  const url = addressOf(chosen?.token ?? null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!url) return;
    const done = () => {
      say(t`${name.trim()} is added; map it to its door.`);
      close();
    };
    const mainUrl = main === token ? null : addressOf(main);
    add.mutateAsync({ name: name.trim(), url, main_url: mainUrl ?? '' }).then(done, refusalShown);
  };
  return (
    <form onSubmit={submit}>
      <Device streams={streams} />
      <fieldset className="picks">
        <legend>{t`Which stream is counted with`}</legend>
        {streams.profiles.map((profile) => (
          <label key={profile.token} className={`pick ${profile.usable ? '' : 'unusable'}`}>
            <input
              type="radio"
              name="stream"
              disabled={!profile.usable}
              checked={token === profile.token}
              onChange={() => {
                setToken(profile.token);
                probe.reset();
              }}
            />
            <span>
              <strong>{profile.name || profile.token}</strong>{' '}
              {profile.token === streams.analyse ? (
                <span className="badge tone-admitted">{t`Count with this`}</span>
              ) : null}
              <span className="soft small pick-words">
                {profileWords(profile)}
                {profile.usable ? '' : t` · cannot be used`}
              </span>
            </span>
          </label>
        ))}
      </fieldset>
      {url ? (
        <div className="find-look">
          <Button onPress={() => probe.mutate(url)} isPending={probe.isPending}>
            {probe.isPending ? t`Watching for some seconds…` : t`Look at it`}
          </Button>
          {probe.data?.picture ? (
            <img src={`data:image/jpeg;base64,${probe.data.picture}`} alt={t`What ${proposed} shows now`} />
          ) : null}
          <Problems of={probe.data?.problems ?? []} />
        </div>
      ) : null}
      <Trouble error={probe.error} />
      {streams.profiles.filter((profile) => profile.usable).length > 1 ? (
        <label className="find-main">
          {t`Which stream is recorded as evidence`}
          <select value={main ?? ''} onChange={(event) => setMain(event.target.value || null)}>
            <option value="">{t`The one that is counted with`}</option>
            {streams.profiles
              .filter((profile) => profile.usable && profile.token !== token)
              .map((profile) => (
                <option key={profile.token} value={profile.token}>
                  {profile.name || profile.token} · {profileWords(profile)}
                </option>
              ))}
          </select>
        </label>
      ) : null}
      <TextField value={name} onChange={setName} isRequired>
        <Label>{t`Name`}</Label>
        <Input placeholder={t`Lobby east, inside`} />
      </TextField>
      <Trouble error={add.error} />
      <DialogButtons
        onClose={onBack}
        back={t`Back`}
        word={t`Add camera`}
        isDisabled={!url || !name.trim()}
        isPending={add.isPending}
      />
    </form>
  );
}

function Device({ streams }: { streams: Streams }) {
  const { device } = streams;
  const words = [device.manufacturer, device.model, device.firmware && t`firmware ${device.firmware}`].filter(Boolean);
  return (
    <>
      {words.length ? <p className="soft small">{words.join(' · ')}</p> : null}
      <Problems of={streams.problems} />
    </>
  );
}

function Problems({ of: problems }: { of: readonly string[] }) {
  if (!problems.length) return null;
  return (
    <ul className="problems">
      {problems.map((problem) => (
        <li key={problem} className="tone-possible">
          <Shape name="question" /> <span>{problem}</span>
        </li>
      ))}
    </ul>
  );
}

function Trouble({ error }: { error: Error | null }) {
  return error ? (
    <p className="failure-text" role="alert">
      {error.message}
    </p>
  ) : null;
}
