/** A catalogue, compiled when the page is built. */
declare module '*.po' {
  export const messages: import('@lingui/core').Messages;
}
