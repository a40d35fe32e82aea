/** The places of the account: their names, their time zones, and which doors and cameras are where. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { useCameras, useDoorOutlines, useSession } from '../../api/queries';
import { type Place, useAddSite, useAssign, useChangeSite, useRemoveSite, useSites } from '../../api/sites';
import { Button, Failure, Loading, Refusal } from '../../parts/basics';
import { Picker } from '../../parts/Picker';
import { ask, sayWhy } from '../../shell/ask';
import { proposedZone, zonesWith } from '../signing/zones';

const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;

export function SitesPart() {
  const sites = useSites();
  const session = useSession().data;
  const owns = session?.permissions.includes('own') ?? false;
  const mayAssign = session?.permissions.includes('manage') ?? false;
  const several = (sites.data?.length ?? 0) > 1;
  return (
    <section className="part" aria-label={t`Sites`}>
      <p className="soft">
        <Trans>
          Times, searches and reports are told in the zone of the site where a door is. With several sites, one is
          chosen above, beside the clock.
        </Trans>
      </p>
      {sites.isPending ? <Loading what={t`sites`} /> : null}
      {sites.isError ? <Failure error={sites.error} retry={() => void sites.refetch()} /> : null}
      <ul className="lines" aria-label={t`Sites`}>
        {sites.data?.map((site) => (
          <SiteLine
            key={`${site.site_id} ${site.name}`}
            site={site}
            owns={owns}
            several={several}
            mayAssign={mayAssign}
          />
        ))}
      </ul>
      {owns ? <NewSite /> : null}
    </section>
  );
}

interface LineProps {
  site: Place;
  owns: boolean;
  several: boolean;
  mayAssign: boolean;
}

function SiteLine({ site, owns, several, mayAssign }: LineProps) {
  const change = useChangeSite();
  const remove = useRemoveSite();
  const [name, setName] = useState(site.name);
  const askAndRemove = async () => {
    if (await ask(t`Remove ${site.name}?`, t`Only a site to which nothing belongs can be removed.`, t`Remove`)) {
      remove.mutateAsync(site.site_id).catch(sayWhy);
    }
  };
  const rename = (event: FormEvent) => {
    event.preventDefault();
    change.mutateAsync({ id: site.site_id, name: name.trim() }).catch(sayWhy);
  };
  return (
    <li>
      <div className="site-line">
        {owns ? (
          <form onSubmit={rename} className="site-name">
            <TextField value={name} onChange={setName} aria-label={t`Name of ${site.name}`}>
              <Input />
            </TextField>
            {name.trim() && name.trim() !== site.name ? (
              <Button type="submit" isPending={change.isPending}>
                {t`Rename`}
              </Button>
            ) : null}
          </form>
        ) : (
          <strong>{site.name}</strong>
        )}
        <ZoneField
          label={t`Time zone of ${site.name}`}
          value={site.time_zone}
          isDisabled={!owns || change.isPending}
          onChange={(time_zone) => change.mutateAsync({ id: site.site_id, time_zone }).catch(sayWhy)}
        />
        {several ? (
          <p className="soft small">
            {counted(site.door_ids.length, 'door')}, {counted(site.camera_ids.length, 'camera')}
            {site.default ? t`; what belongs nowhere is told here` : ''}
          </p>
        ) : null}
      </div>
      {several && mayAssign ? <Movers site={site} /> : null}
      {several && owns ? (
        <div className="actions">
          <Button onPress={() => void askAndRemove()} isPending={remove.isPending} aria-label={t`Remove ${site.name}`}>
            {t`Remove`}
          </Button>
        </div>
      ) : null}
    </li>
  );
}

/** Doors and cameras of other sites, to be moved here. */
function Movers({ site }: { site: Place }) {
  const doors = useDoorOutlines().data;
  const cameras = useCameras().data;
  const assign = useAssign();
  // A drop-down shows what there was when it opened.
  if (!doors || !cameras) return null;
  return (
    <div className="actions">
      <Picker
        label={t`Move a door to ${site.name}`}
        prompt={t`Move a door here…`}
        placeholder={t`Name of a door`}
        noMatch={t`No other door has this name`}
        nothing={t`All doors are here`}
        choices={() =>
          doors
            .filter((door) => !site.door_ids.includes(door.door_id))
            .map((door) => ({ id: door.door_id, name: door.name }))
        }
        onPick={(id) => assign.mutateAsync({ id: site.site_id, door_ids: [id] }).catch(sayWhy)}
      />
      <Picker
        label={t`Move a camera to ${site.name}`}
        prompt={t`Move a camera here…`}
        placeholder={t`Name of a camera`}
        noMatch={t`No other camera has this name`}
        nothing={t`All cameras are here`}
        choices={() =>
          cameras
            .filter((camera) => !site.camera_ids.includes(camera.camera_id))
            .map((camera) => ({ id: camera.camera_id, name: camera.name }))
        }
        onPick={(id) => assign.mutateAsync({ id: site.site_id, camera_ids: [id] }).catch(sayWhy)}
      />
    </div>
  );
}

interface ZoneProps {
  label: string;
  value: string;
  isDisabled?: boolean;
  onChange: (zone: string) => void;
}

function ZoneField({ label, value, isDisabled = false, onChange }: ZoneProps) {
  return (
    <select aria-label={label} value={value} disabled={isDisabled} onChange={(event) => onChange(event.target.value)}>
      {zonesWith(value).map((zone) => (
        <option key={zone} value={zone}>
          {zone}
        </option>
      ))}
    </select>
  );
}

function NewSite() {
  const add = useAddSite();
  const [name, setName] = useState('');
  const [zone, setZone] = useState(proposedZone('UTC'));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({ name: name.trim(), time_zone: zone }, { onSuccess: () => setName('') });
  };
  return (
    <form onSubmit={submit} className="line-form" aria-label={t`Another site`}>
      <TextField value={name} onChange={setName} isRequired>
        <Label>{t`Name of another site`}</Label>
        <Input />
      </TextField>
      <div className="field">
        <span aria-hidden="true">{t`Time zone`}</span>
        <ZoneField label={t`Time zone`} value={zone} onChange={setZone} />
      </div>
      <Button type="submit" tone="main" isDisabled={!name.trim()} isPending={add.isPending}>
        {t`Add site`}
      </Button>
      <Refusal of={add} />
    </form>
  );
}
