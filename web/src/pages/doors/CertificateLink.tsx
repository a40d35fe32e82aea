/** What the door's newest certificate says, and the way to walk it. */
import { Trans } from '@lingui/react/macro';
import type { Door } from '../../api/types';
import { Shape } from '../../parts/icons';
import { linkTo } from '../../shell/router';
import { useCertificates } from './commissionApi';

const LOOK = {
  met: { shape: 'tick', tone: 'admitted' },
  'not met': { shape: 'cross', tone: 'excess' },
  'too few walks': { shape: 'question', tone: 'possible' },
} as const;

export function CertificateLink({ door }: { door: Door }) {
  const newest = useCertificates().data?.find((one) => one.door_id === door.door_id);
  const figures = newest?.body.figures;
  const look = figures ? LOOK[figures.practice] : null;
  return (
    <p className="small certificate-link">
      {newest && figures && look ? (
        <a
          {...linkTo(`/doors/certificates/${encodeURIComponent(newest.certificate_id)}`)}
          className={`tone-${look.tone}`}
        >
          <Shape name={look.shape} />{' '}
          <Trans>
            Certificate: {figures.found} of {figures.walked}
          </Trans>
        </a>
      ) : null}
      <a {...linkTo(`/doors/${encodeURIComponent(door.door_id)}/commission`)}>
        <Trans>
          Commission<span className="hidden"> {door.name}</span>
        </Trans>
      </a>
    </p>
  );
}
