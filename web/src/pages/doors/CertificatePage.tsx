/** A door's certificate: what a commissioning run found, as it was issued; made to be printed. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Button, Clock, Failure, Loading, PageTitle, useZone } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { linkTo } from '../../shell/router';
import { fromIso, fullText } from '../../time';
import { FiguresRow, RateBar } from './CommissionScore';
import { type Certificate, useCertificate } from './commissionApi';
import { percent } from './commissionWords';
import '../../styles/commission.css';

export function CertificatePage({ id }: { id: string }) {
  const found = useCertificate(id);
  return (
    <div className="doors-page certificate-page">
      <PageTitle
        side={
          <span className="actions no-print">
            <Button onPress={() => window.print()} isDisabled={!found.data}>
              {t`Print`}
            </Button>
            <a {...linkTo('/doors')}>{t`Back to Doors`}</a>
          </span>
        }
      >
        {t`Certificate`}
      </PageTitle>
      {found.isPending ? <Loading what={t`the certificate`} /> : null}
      {found.isError ? <Failure error={found.error} retry={() => void found.refetch()} /> : null}
      {found.data ? <Paper certificate={found.data} /> : null}
    </div>
  );
}

const PRACTICE = {
  met: { word: t`Meets commissioning practice`, tone: 'admitted', shape: 'tick' },
  'not met': { word: t`Does not meet commissioning practice`, tone: 'excess', shape: 'cross' },
  'too few walks': { word: t`Too few walks for commissioning practice`, tone: 'possible', shape: 'question' },
} as const;

function Paper({ certificate }: { certificate: Certificate }) {
  const { body } = certificate;
  const look = PRACTICE[body.figures.practice];
  const missed = body.marks.filter((mark) => mark.crossing_id === null);
  return (
    <article className="certificate">
      <h2>{body.door.name}</h2>
      <p className={`certificate-verdict tone-${look.tone}`}>
        <Shape name={look.shape} /> <strong className={`tone-${look.tone}`}>{look.word}</strong>
      </p>
      {certificate.unchanged ? null : (
        <p className="failure-text" role="alert">
          <Trans>This text is not the one that was issued: look into the audit trail.</Trans>
        </p>
      )}
      <FiguresRow figures={body.figures} />
      <RateBar figures={body.figures} />
      <p>{body.figures.sentence}</p>
      <table>
        <caption className="hidden">{t`By direction`}</caption>
        <thead>
          <tr>
            <th />
            <th scope="col">{t`Walked`}</th>
            <th scope="col">{t`Found`}</th>
            <th scope="col">{t`Missed`}</th>
            <th scope="col">{t`Extra`}</th>
            <th scope="col">{t`Rate`}</th>
          </tr>
        </thead>
        <tbody>
          {(['in', 'out'] as const).map((way) => (
            <tr key={way}>
              <th scope="row">{way === 'in' ? t`In` : t`Out`}</th>
              <td>{body.directions[way].walked}</td>
              <td>{body.directions[way].found}</td>
              <td>{body.directions[way].missed}</td>
              <td>{body.directions[way].extra}</td>
              <td>{percent(body.directions[way].rate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl className="certificate-facts">
        <Fact name={t`Counted by hand`}>
          {body.walked_by}, {body.source === 'walk' ? t`walking` : t`on recorded video`}, <Stamp at={body.since} />{' '}
          {t`to`} <Stamp at={body.until} />
        </Fact>
        <Fact name={t`Issued`}>
          <Stamp at={certificate.issued_at} />{' '}
          <Trans>
            by {body.issued_by}, {body.software}
          </Trans>
        </Fact>
        {body.cameras.map((camera) => (
          <Fact key={camera.camera_id} name={`Camera ${camera.name}`}>
            {[
              camera.width && camera.height ? `${camera.width} × ${camera.height}` : null,
              camera.fps ? t`${camera.fps} frames a second` : null,
              t`detector ${camera.detector ?? t`unknown`}`,
            ]
              .filter(Boolean)
              .join(', ')}
            {camera.scene_since ? (
              <>
                {t`, scene of`} <Stamp at={camera.scene_since} />
              </>
            ) : null}
          </Fact>
        ))}
        <Fact name="A walk and its count may lie apart by">{body.tolerance_s} s</Fact>
        {missed.length ? (
          <Fact name={t`Missed`}>
            {missed.map((mark) => (
              <span key={`${mark.at} ${mark.direction}`} className="certificate-time">
                <Clock at={mark.at} day="never" /> {mark.direction}
              </span>
            ))}
          </Fact>
        ) : null}
        {body.extra.length ? (
          <Fact name={t`Counted, nobody noted`}>
            {body.extra.map((one) => (
              <span key={one.crossing_id} className="certificate-time">
                <Clock at={one.at} day="never" /> {one.direction}
              </span>
            ))}
          </Fact>
        ) : null}
        <Fact name="SHA-256">
          <code>{certificate.digest}</code>
        </Fact>
      </dl>
    </article>
  );
}

/** Day, time and zone: paper outlives the day on which a time of day is enough. */
function Stamp({ at }: { at: string }) {
  const zone = useZone();
  return <time dateTime={at}>{fullText(fromIso(at), zone)}</time>;
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
