/** What stands before the inputs: how a file, a blob of a registry and a commit are taken. */
export const prelude = `
{ pkgs ? null }:
let
  # A file by its hash. Nix alone asks the first URL; with nixpkgs the others are asked too.
  file = name: hash: urls:
    if pkgs == null
    then import <nix/fetchurl.nix> { inherit name hash; url = builtins.head urls; }
    else pkgs.fetchurl { inherit name hash urls; };

  # A blob of a registry. Nix alone has no token for registries that want one (Docker Hub, ghcr.io); nixpkgs gets it.
  blob = name: hash: url:
    if pkgs == null
    then import <nix/fetchurl.nix> { inherit name hash url; }
    else derivation {
      inherit name url;
      system = pkgs.stdenv.buildPlatform.system;
      builder = "\${pkgs.bash}/bin/bash";
      args = [ "-euc" blobScript ];
      PATH = "\${pkgs.curl}/bin:\${pkgs.gnused}/bin:\${pkgs.coreutils}/bin";
      SSL_CERT_FILE = "\${pkgs.cacert}/etc/ssl/certs/ca-bundle.crt";
      outputHashMode = "flat";
      outputHashAlgo = "sha256";
      outputHash = hash;
      preferLocalBuild = true;
      impureEnvVars = [ "http_proxy" "https_proxy" "no_proxy" "HTTPS_PROXY" "NO_PROXY" ];
    };

  # Asks without a token, reads from the refusal who gives one (distribution specification, "Token Authentication").
  blobScript = ''
    accept='Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, */*'
    challenge=$(curl --silent --show-error --head --header "$accept" "$url" | tr -d '\\r' | sed -n 's/^[Ww][Ww][Ww]-[Aa]uthenticate: *[Bb]earer *//p')
    member() { printf '%s' "$challenge" | sed -n "s/.*$1=\\"\\([^\\"]*\\)\\".*/\\1/p"; }
    set -- --fail --silent --show-error --location --retry 3 --header "$accept"
    if [ -n "$challenge" ]; then
      token=$(curl --fail --silent --show-error --location --get --data-urlencode "service=$(member service)" --data-urlencode "scope=$(member scope)" "$(member realm)" |
        tr -d '\\n' | sed -n 's/.*"\\(access_\\)\\{0,1\\}token" *: *"\\([^"]*\\)".*/\\2/p')
      set -- "$@" --header "Authorization: Bearer $token"
    fi
    curl "$@" --output "$out" "$url"
  '';

  commit = url: rev: builtins.fetchGit { inherit url rev; allRefs = true; };

  # An image as it was published, and with nixpkgs as an OCI image layout, which skopeo and others read.
  image = facts@{ manifest, mediaType, config, layers, ... }: facts // {
    blobs = [ manifest config ] ++ layers;
  } // (if pkgs == null then { } else {
    layout = pkgs.linkFarm "image" ([
      { name = "oci-layout"; path = builtins.toFile "oci-layout" (builtins.toJSON { imageLayoutVersion = "1.0.0"; }); }
      { name = "index.json"; path = builtins.toFile "index.json" (builtins.toJSON {
          schemaVersion = 2;
          manifests = [ { inherit mediaType; inherit (facts) digest size; } ];
        }); }
    ] ++ map (one: { name = "blobs/sha256/\${one.name}"; path = one; }) ([ manifest config ] ++ layers));
  });
`;
