/** Where things are, in an account with several sites: whose zone their times are told in. */
import type { ReactNode } from 'react';
import { useCameras, useDoorOutlines, useSession } from '../api/queries';
import type { Session } from '../api/types';
import { SaidZone, ZoneProvider } from '../parts/basics';
import { useChosenSite } from './site';

type Site = Session['site'];

interface Thing {
  door?: { door_id: string } | null;
  cameras?: readonly { camera_id: string }[];
}

/** Tells the site of something by its door, or else by its first camera; null while all is at one site. */
export function useSiteOf(): (thing: Thing) => Site | null {
  const sites = useSession().data?.sites ?? [];
  const several = sites.length > 1;
  const doors = useDoorOutlines(several).data;
  const cameras = useCameras(false, several).data;
  if (!several) return () => null;
  const ofDoor = new Map(doors?.map((one) => [one.door_id, one.site_id]));
  const ofCamera = new Map(cameras?.map((one) => [one.camera_id, one.site_id]));
  return ({ door, cameras }) => {
    const id = (door && ofDoor.get(door.door_id)) ?? ofCamera.get(cameras?.[0]?.camera_id ?? '');
    return sites.find((site) => site.site_id === id) ?? null;
  };
}

/** Whether something is at the site that was chosen; everything is while none is. */
export function useHere(): (thing: Thing) => boolean {
  const chosen = useChosenSite();
  const siteOf = useSiteOf();
  if (!chosen) return () => true;
  return (thing) => siteOf(thing)?.site_id === chosen.site_id;
}

/** While all sites are looked at, times inside are told in the zone of their own site, which is said beside them. */
export function AtSite({ site, children }: { site: Site | null; children: ReactNode }) {
  const chosen = useChosenSite();
  if (chosen || !site) return children;
  return (
    <ZoneProvider value={site.time_zone}>
      <SaidZone value={true}>{children}</SaidZone>
    </ZoneProvider>
  );
}
