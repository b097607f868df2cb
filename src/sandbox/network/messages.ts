/** What the holder is asked for, as JSON in its first argument. */
export interface HolderRequest {
  readonly ports: readonly number[];
  /** Path of iproute2's `ip`. */
  readonly ip: string;
}

/** Comes with the socket itself as the message's handle. */
export type HolderMessage = { readonly kind: 'tcp'; readonly port: number } | { readonly kind: 'dns' };
