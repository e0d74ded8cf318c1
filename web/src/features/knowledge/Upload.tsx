"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useId, useState } from "react";
import { api, authorized, data } from "@/api/client";
import { AppError, messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import styles from "@/features/knowledge/Knowledge.module.css";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { useToasts } from "@/ui/Toasts";

/** Sends files; the data source that holds them. */
export async function upload(path: string, files: readonly File[], name = ""): Promise<{ id: string }> {
  const form = new FormData();
  for (const file of files) form.append("files", file);
  if (name) form.append("name", name);
  const answer = await authorized(new Request(new URL(path, location.origin), { method: "POST", body: form }));
  const told: unknown = await answer.json().catch(() => null);
  if (!answer.ok) throw AppError.from(answer.status, told);
  return told as { id: string };
}

interface DropProps {
  files: readonly File[];
  onFiles: (files: File[]) => void;
}

/** Files, chosen or dropped here. */
export function FileDrop({ files, onFiles }: DropProps): ReactNode {
  const t = useT();
  const id = useId();
  const [over, setOver] = useState(false);
  return (
    <div
      className={styles.drop}
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      <label htmlFor={id}>{t("knowledge.files")}</label>
      <input id={id} type="file" multiple onChange={(event) => onFiles([...(event.target.files ?? [])])} />
      <p className="muted">{files.length > 0 ? files.map((file) => file.name).join(", ") : t("knowledge.formats")}</p>
    </div>
  );
}

/** Adds files to a source that holds uploaded ones. */
export function UploadMore({ sourceId }: { sourceId: string }): ReactNode {
  const t = useT();
  const say = useToasts();
  const queries = useQueryClient();
  const [files, setFiles] = useState<File[]>([]);
  const send = useMutation({
    mutationFn: async () => {
      await upload(`/api/datasources/${sourceId}/files`, files);
      await data(api.POST("/api/datasources/{datasource_id}/index", { params: { path: { datasource_id: sourceId } } }));
    },
    onSuccess: () => {
      setFiles([]);
      void queries.invalidateQueries({ queryKey: keys.list("documents") });
      return queries.invalidateQueries({ queryKey: keys.one("datasources", sourceId) });
    },
    onError: (error) => say.failed(messageOf(error)),
  });
  return (
    <div className={styles.form}>
      <FileDrop files={files} onFiles={setFiles} />
      {files.length > 0 && (
        <div>
          <Button kind="primary" icon="upload" busy={send.isPending} onClick={() => send.mutate()}>
            {t("knowledge.upload", { n: files.length })}
          </Button>
        </div>
      )}
    </div>
  );
}
