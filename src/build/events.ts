import type { SourcePlace } from '../core/index.ts';

/** What a build says while it runs; `report` shows it. */
export type BuildEvent =
  | {
      readonly type: 'step-started';
      readonly step: string;
      readonly label: string;
      readonly where: SourcePlace;
    }
  | { readonly type: 'step-output'; readonly step: string; readonly text: string }
  | {
      readonly type: 'step-exchange';
      readonly step: string;
      readonly url: string;
      readonly status: number;
      /** Bytes of the body. */
      readonly bytes: number;
      readonly from: 'store' | 'upstream';
    }
  | {
      readonly type: 'step-done';
      readonly step: string;
      readonly cached: boolean;
      readonly layerBytes?: number | undefined;
    }
  | {
      readonly type: 'step-failed';
      readonly step: string;
      /** Whether it was ended for the sake of something else: another step that failed, or the user. */
      readonly stopped?: boolean;
    }
  | {
      readonly type: 'note';
      readonly text: string;
      /** Whether a second try of the same build, with what the first one brought, would not say it again. */
      readonly once?: boolean | undefined;
    };

export type OnEvent = (event: BuildEvent) => void;
