"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, data } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import styles from "@/features/knowledge/Knowledge.module.css";
import { FileDrop, upload } from "@/features/knowledge/Upload";
import { useT } from "@/i18n";
import { href, useNav } from "@/nav";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input, Select, TextArea } from "@/ui/Field";
import type { IconName } from "@/ui/Icon";
import { Kinds } from "@/ui/Kinds";

const KINDS: readonly { type: Kind; icon: IconName }[] = [
  { type: "file", icon: "upload" },
  { type: "url", icon: "link" },
  { type: "text", icon: "edit" },
  { type: "gitlab", icon: "fork" },
];
type Kind = "file" | "url" | "text" | "gitlab";

interface Draft {
  name: string;
  files: File[];
  address: string;
  mode: "page" | "sitemap" | "crawl";
  text: string;
  projects: string;
  token: string;
}

const EMPTY: Draft = { name: "", files: [], address: "", mode: "page", text: "", projects: "", token: "" };

/** Makes a data source and begins to index it. */
export function AddSource({ onClose }: { onClose: () => void }): ReactNode {
  const t = useT();
  const nav = useNav();
  const queries = useQueryClient();
  const [kind, setKind] = useState<Kind>("file");
  const [draft, setDraft] = useState(EMPTY);
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const make = useMutation({
    mutationFn: () => create(kind, draft),
    onSuccess: (source) => {
      void queries.invalidateQueries({ queryKey: keys.list("datasources") });
      nav(href("/knowledge", { id: source.id }));
    },
  });
  return (
    <Dialog
      title={t("knowledge.add")}
      onClose={onClose}
      wide
      actions={
        <Button kind="primary" busy={make.isPending} disabled={!complete(kind, draft)} onClick={() => make.mutate()}>
          {t("knowledge.addNow")}
        </Button>
      }
    >
      <div className={styles.form}>
        <Kinds
          label={t("knowledge.type")}
          kinds={KINDS.map(({ type, icon }) => ({ kind: type, icon, name: t(`knowledge.type.${type}`), text: t(`knowledge.typeText.${type}`) }))}
          chosen={kind}
          onChoose={setKind}
        />
        <Parts kind={kind} draft={draft} change={change} />
        <Field label={t("knowledge.name")} hint={kind === "file" ? t("knowledge.nameHint") : undefined} error={make.error ? messageOf(make.error) : null}>
          <Input value={draft.name} onChange={(event) => change({ name: event.target.value })} />
        </Field>
      </div>
    </Dialog>
  );
}

interface PartsProps {
  kind: Kind;
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

function Parts({ kind, draft, change }: PartsProps): ReactNode {
  const t = useT();
  if (kind === "file") return <FileDrop files={draft.files} onFiles={(files) => change({ files })} />;
  if (kind === "text") {
    return (
      <Field label={t("knowledge.text")}>
        <TextArea rows={8} value={draft.text} onChange={(event) => change({ text: event.target.value })} />
      </Field>
    );
  }
  const address = (
    <Field label={t("knowledge.address")}>
      <Input type="url" placeholder="https://" value={draft.address} onChange={(event) => change({ address: event.target.value })} />
    </Field>
  );
  if (kind === "url") {
    return (
      <>
        {address}
        <Field label={t("knowledge.mode")}>
          <Select value={draft.mode} onChange={(event) => change({ mode: event.target.value as Draft["mode"] })}>
            <option value="page">{t("knowledge.mode.page")}</option>
            <option value="sitemap">{t("knowledge.mode.sitemap")}</option>
            <option value="crawl">{t("knowledge.mode.crawl")}</option>
          </Select>
        </Field>
      </>
    );
  }
  return (
    <>
      {address}
      <Field label={t("knowledge.projects")} hint={t("knowledge.projectsHint")}>
        <Input value={draft.projects} onChange={(event) => change({ projects: event.target.value })} />
      </Field>
      <Field label={t("knowledge.token")} hint={t("knowledge.tokenHint")}>
        <Input type="password" autoComplete="off" value={draft.token} onChange={(event) => change({ token: event.target.value })} />
      </Field>
    </>
  );
}

function complete(kind: Kind, draft: Draft): boolean {
  if (kind === "file") return draft.files.length > 0;
  if (kind === "text") return draft.text.trim() !== "" && draft.name.trim() !== "";
  return draft.address.trim() !== "" && draft.name.trim() !== "";
}

async function create(kind: Kind, draft: Draft): Promise<{ id: string }> {
  const name = draft.name.trim();
  const source =
    kind === "file"
      ? await upload("/api/datasources/upload", draft.files, name)
      : await data(api.POST("/api/datasources", { body: { name, source_type: kind, ...body(kind, draft) } as never }));
  await data(api.POST("/api/datasources/{datasource_id}/index", { params: { path: { datasource_id: source.id } } }));
  return source;
}

function body(kind: Kind, draft: Draft): Record<string, unknown> {
  switch (kind) {
    case "text":
      return { content: draft.text };
    case "url":
      return { source_path: draft.address.trim(), config: { mode: draft.mode } };
    case "gitlab": {
      const projects = draft.projects.split(",").map((each) => each.trim()).filter(Boolean);
      return { gitlab_url: draft.address.trim(), gitlab_token: draft.token || null, config: projects.length > 0 ? { projects } : {} };
    }
    default:
      return {};
  }
}
