/** The way to the scene of a camera at a door, which says when there is none yet. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { Camera, DoorRef } from '../../api/types';
import { linkTo } from '../../shell/router';

/** Nothing while the camera's mapping to the door is not stored: a scene belongs to both. */
export function SceneLink({ camera, door }: { camera: Camera | undefined; door: DoorRef }) {
  if (!camera?.doors.some((one) => one.door_id === door.door_id)) return null;
  const drawn = camera.scenes.some((scene) => scene.door_id === door.door_id);
  const to = `/doors/cameras/${encodeURIComponent(camera.camera_id)}/scene/${encodeURIComponent(door.door_id)}`;
  return (
    <a className={`scene-link ${drawn ? '' : 'missing'}`} {...linkTo(to)}>
      {drawn ? t`Scene` : t`No scene yet: draw it`}
      <span className="hidden">
        {' '}
        <Trans>
          of {camera.name} at {door.name}
        </Trans>
      </span>
    </a>
  );
}
