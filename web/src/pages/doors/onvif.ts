/** Cameras in the network that speak ONVIF: what is asked about them before one is added. */
import { t } from '@lingui/core/macro';
import { useMutation } from '@tanstack/react-query';
import { answer, api } from '../../api/client';
import type { components } from '../../api/schema';

type Schemas = components['schemas'];
export type FoundCamera = Schemas['DiscoveredCamera'];
export type Streams = Schemas['StreamsShape'];
export type Profile = Schemas['OnvifProfileShape'];

export interface SignIn {
  user: string;
  password: string;
}

/** Who answers within some seconds in the analyzers' networks. */
export const useDiscover = () =>
  useMutation({ mutationFn: () => answer(api.POST('/api/cameras/discover', { body: { seconds: 3 } })) });

/** Which streams a camera has; nothing of it is kept. */
export const useStreams = () =>
  useMutation({
    mutationFn: ({ url, user, password }: { url: string } & SignIn) =>
      answer(api.POST('/api/cameras/streams', { body: { url, user: user || null, password } })),
  });

/** What a stream is and what is wrong with it, with a picture. */
export const useProbe = () =>
  useMutation({
    mutationFn: (url: string) =>
      answer(api.POST('/api/cameras/probe', { body: { url, transport: 'tcp', seconds: 4 } })),
  });

/** The address of a stream with who signs in, as a camera's address is kept; unchanged without a user. */
export function withSignIn(url: string, { user, password }: SignIn): string {
  const parts = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#@]*@)?(.*)$/i.exec(url);
  if (!user || !parts) return url;
  // encodeURIComponent leaves these as they are; a parser of addresses need not.
  const encoded = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${parts[1]}${encoded(user)}:${encoded(password)}@${parts[2]}`;
}

/** `H264 · 640×360 · 12 fps`; what the camera does not tell is left out. */
export function profileWords(profile: Profile): string {
  return [
    profile.codec ?? t`no video`,
    profile.width && profile.height ? `${profile.width}×${profile.height}` : '',
    profile.fps ? t`${profile.fps} fps` : '',
    profile.key_every && profile.fps
      ? t`key frame every ${Math.round((10 * profile.key_every) / profile.fps) / 10} s`
      : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

/** The stream to begin with: the one that is proposed, else the first that can be used. */
export function firstChoice(streams: Streams): string | null {
  return streams.analyse ?? streams.profiles.find((profile) => profile.usable)?.token ?? null;
}

/** The stream to record as evidence: the finest one, where that is another than the one to count with. */
export function mainChoice(streams: Streams, counted: string | null): string | null {
  const main = streams.profiles.find((profile) => profile.token === streams.main && profile.usable);
  return main && main.token !== counted ? main.token : null;
}

/** A camera that is called what its maker says, unless it said a name of its own. */
export function nameOf(camera: FoundCamera | undefined, streams: Streams): string {
  const made = [streams.device.manufacturer, streams.device.model].filter(Boolean).join(' ');
  return camera?.name || made || t`Camera`;
}
