"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { useToasts } from "@/ui/Toasts";

interface Props {
  /** What is deleted. */
  name: string;
  /** In place of the usual question. */
  title?: string;
  /** What that means. */
  text: string;
  /** The list that it is taken from, as in `keys.list`. */
  from: string;
  remove: () => Promise<unknown>;
  onDone?: () => void;
  onClose: () => void;
}

/** Asks before something is deleted for good, and deletes it. */
export function Removal({ name, title, text, from, remove, onDone, onClose }: Props): ReactNode {
  const t = useT();
  const say = useToasts();
  const queries = useQueryClient();
  const removing = useMutation({
    mutationFn: remove,
    onSuccess: () => {
      onClose();
      onDone?.();
    },
    onError: (error) => say.failed(messageOf(error)),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.list(from) }),
  });
  return (
    <Dialog
      title={title ?? t("confirm.delete.title", { name })}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button kind="danger" busy={removing.isPending} onClick={() => removing.mutate()}>
            {t("action.delete")}
          </Button>
        </>
      }
    >
      <p>{text}</p>
    </Dialog>
  );
}
