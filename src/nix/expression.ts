import { hexOf, type Digest } from '../core/index.ts';
import { isPackageSection, type InputLine, type InputSection, type Lock } from '../lock/index.ts';
import { prelude } from './prelude.ts';
import { integrity, nixList, nixPath, nixString, storeName } from './text.ts';

/** An image of the lock, with what its manifest names. */
export interface NixImage {
  readonly reference: string;
  readonly platform: string;
  /** Where its repository is: `https://host/v2/path`. */
  readonly repository: string;
  readonly manifest: Digest;
  /** Media type and bytes of the manifest. */
  readonly mediaType: string;
  readonly size: number;
  readonly config: Digest;
  readonly layers: readonly Digest[];
}

export interface NixFacts {
  readonly lock: Lock;
  readonly images: readonly NixImage[];
  /** Other URLs of a locked file, best first. */
  readonly mirrors: (section: InputSection, url: string) => readonly string[];
}

interface LockedFile {
  readonly name: string;
  readonly hex: string;
  readonly urls: Set<string>;
}

/** Bytes by their digest, whichever inputs they are of: each is fetched once, from any place that has it. */
type LockedFiles = Map<string, LockedFile>;

/**
 * A Nix expression whose attributes are the inputs of a lock, `KIND."NAME"."VERSION"."FILE"`, each fetched by its hash
 * when it is asked for. It needs nothing but Nix; some of it does more where it is given nixpkgs. The same lock gives
 * the same text.
 */
export function nixExpression({ lock, images, mirrors }: NixFacts): string {
  const files: LockedFiles = new Map();
  const sections: string[] = [];
  for (const [section, lines] of Object.entries(lock.inputs) as [InputSection, readonly InputLine[]][]) {
    const paths = new Set<string>();
    const text = lines.flatMap(line => {
      if (section === 'git') return commitText(line, paths);
      return isPackageSection(section) || section === 'file'
        ? fileText(section, line, { files, paths, mirrors })
        : [];
    });
    if (text.length > 0) sections.push(`  ${section} = {\n${text.join('')}  };\n`);
  }
  return `\
# All that the builds of a holdfast.lock take, by hash. Written by \`holdfast export nix\`; nothing is fetched until it
# is asked for: \`nix-build FILE -A all\`, \`nix-build FILE -A 'file."https://…"'\`.
${prelude.trimStart()}
  files = {
${[...files.values()].map(tableText).join('')}  };
in
{
  asOf = ${nixString(lock.asOf)};
  builds = [
${lock.builds.map(buildText).join('')}  ];
  all = builtins.attrValues files;
${sections.join('')}${imagesText(images)}}
`;
}

function tableText({ name, hex, urls }: LockedFile): string {
  return `    ${nixString(hex)} = file ${nixString(name)} ${nixString(integrity(hex))} ${nixList([...urls])};\n`;
}

function buildText({ dockerfile, target, platform, image }: Lock['builds'][number]): string {
  const members = { dockerfile, ...(target !== undefined && { target }), platform, image };
  const text = Object.entries(members).map(([name, value]) => `${name} = ${nixString(value)}; `);
  return `    { ${text.join('')}}\n`;
}

/** Only what was given whole: a redirect or a refusal is nothing that can be fetched. */
function fileText(
  section: InputSection,
  line: InputLine,
  { files, paths, mirrors }: { files: LockedFiles; paths: Set<string>; mirrors: NixFacts['mirrors'] },
): string[] {
  const { url, sha256, status, method } = line;
  const isWhole = typeof url === 'string' && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256);
  if (!isWhole || status !== undefined || method !== undefined || !URL.canParse(url)) return [];
  const name = storeName(url);
  const file = files.get(sha256) ?? { name, hex: sha256, urls: new Set() };
  for (const place of [url, ...mirrors(section, url)]) file.urls.add(place);
  files.set(sha256, file);
  const above = section === 'file' ? [url] : [String(line['name']), String(line['version'])];
  return [`    ${uniquePath([...above, name], sha256, paths)} = files.${nixString(sha256)};\n`];
}

function commitText({ url, commit }: InputLine, paths: Set<string>): string[] {
  if (typeof url !== 'string' || typeof commit !== 'string') return [];
  const path = nixPath([url, commit]);
  if (paths.has(path)) return [];
  paths.add(path);
  return [`    ${path} = commit ${nixString(url)} ${nixString(commit)};\n`];
}

/** Two files of a version may have one name, from two places. */
function uniquePath(names: readonly string[], hex: string, paths: Set<string>): string {
  const plain = nixPath(names);
  const path = paths.has(plain) ? nixPath([...names.slice(0, -1), `${names.at(-1) ?? ''}-${hex}`]) : plain;
  paths.add(path);
  return path;
}

function imagesText(images: readonly NixImage[]): string {
  if (images.length === 0) return '';
  return `  image = {\n${images.map(imageText).join('')}  };\n`;
}

function imageText(image: NixImage): string {
  const { reference, platform, repository, manifest, mediaType, size, config, layers } = image;
  const blob = (kind: 'manifests' | 'blobs', digest: Digest) => {
    const hex = hexOf(digest);
    return `(blob ${nixString(hex)} ${nixString(integrity(hex))} ${nixString(`${repository}/${kind}/${digest}`)})`;
  };
  return `\
    ${nixPath([reference, platform])} = image {
      reference = ${nixString(reference)};
      platform = ${nixString(platform)};
      digest = ${nixString(manifest)};
      mediaType = ${nixString(mediaType)};
      size = ${size};
      manifest = ${blob('manifests', manifest)};
      config = ${blob('blobs', config)};
      layers = [
${layers.map(digest => `        ${blob('blobs', digest)}\n`).join('')}      ];
    };
`;
}
