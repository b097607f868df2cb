import { text, type Case } from '../case.ts';

/** What an image's history says of its instructions, which tools read as BuildKit writes it. */
export const history: readonly Case[] = [
  {
    name: 'history: values in place of variables, and marks of what changes files',
    of: ['ExportedHistory'],
    dockerfile: text`
      FROM tiny:1 AS base
      ENV foo=bar
      COPY foo /foo2
      FROM tiny:1
      LABEL lbl=val "a b"="c \"d\""
      ENV dir="/to" "two words"='x y'
      MAINTAINER somebody <s@example.org>
      COPY --from=base foo2 foo3
      WORKDIR $dir
      COPY fo* \${dir}/
      ADD foo $dir/added
      WORKDIR in/
      WORKDIR /
      RUN echo "$dir" > foo4   && \
        echo more >> foo4
      RUN ["cp", "foo4", "foo 5"]
      ONBUILD RUN true
      VOLUME $dir /other
      STOPSIGNAL SIGUSR1
      SHELL ["/bin/sh", "-ec"]
      RUN echo x > foo6
      USER app
      CMD echo "a	b \\ 'é" | cat
      ENTRYPOINT ["/bin/\"x\"", "y z"]
    `,
    files: { foo: 'x' },
    history: true,
  },
  {
    name: 'history: the arguments that a command was given, each once',
    of: ['ExportedHistoryFlattenArgs'],
    dockerfile: text`
      ARG above=1 other=2
      FROM tiny:1 AS base
      ARG foo=other
      RUN echo > /1
      FROM tiny:1
      COPY --from=base /1 /1
      ARG foo=bar
      ARG bar=123 above
      ARG foo=\${bar}2 none empty=
      ENV bar=env
      RUN echo > /2
    `,
    history: true,
    ours: {
      why: 'newer BuildKit names each once, and writes values of above',
      history: [
        'COPY /1 /1 # buildkit',
        'ARG foo=bar (no layer)',
        'ARG bar=123 above=1 (no layer)',
        'ARG foo=1232 none empty= (no layer)',
        'ENV bar=env (no layer)',
        'RUN |5 foo=1232 bar=env above=1 none= empty= /bin/sh -c echo > /2 # buildkit',
      ],
    },
  },
  {
    name: 'history: what a stage has from the one that it begins from',
    dockerfile: text`
      FROM tiny:1 AS base
      ARG foo=bar
      ARG TARGETOS given=default
      RUN echo > /1
      FROM base
      ARG last other=$foo HTTPS_PROXY
      ENV foo=env
      RUN echo > /2
    `,
    args: { given: 'by the user', HTTP_PROXY: 'http://user:secret@proxy', HTTPS_PROXY: 'http://asked-for' },
    history: true,
    ours: {
      why: 'newer BuildKit also names the arguments of the stage below, and writes the values that ARG is given',
      history: [
        'ARG foo=bar (no layer)',
        'ARG TARGETOS=linux given=by the user (no layer)',
        'RUN |3 foo=bar TARGETOS=linux given=by the user /bin/sh -c echo > /1 # buildkit',
        'ARG last other=bar HTTPS_PROXY=http://asked-for (no layer)',
        'ENV foo=env (no layer)',
        'RUN |6 foo=env TARGETOS=linux given=by the user last= other=bar HTTPS_PROXY=http://asked-for /bin/sh -c echo > /2 # buildkit',
      ],
    },
  },
];
