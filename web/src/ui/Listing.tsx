"use client";
import type { ReactNode } from "react";
import type { Pages } from "@/api/queries";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Problem } from "@/ui/Page";
import { type Column, Table } from "@/ui/Table";

interface Props<Row> {
  label: string;
  columns: readonly Column<Row>[];
  pages: Pages<Row>;
  /** What stands there while the list has nothing in it. */
  empty: ReactNode;
}

/** A list that comes in pages: what went wrong, its rows, and how to get more of them. */
export function Listing<Row extends { id: string }>({ label, columns, pages, empty }: Props<Row>): ReactNode {
  const t = useT();
  return (
    <>
      {pages.error && <Problem error={pages.error} onRetry={pages.refetch} />}
      {!pages.loading && !pages.error && pages.items.length === 0 && empty}
      {pages.items.length > 0 && <Table label={label} columns={columns} rows={pages.items} rowKey={(row) => row.id} />}
      {pages.more && (
        <div>
          <Button onClick={pages.more}>{t("action.more")}</Button>
        </div>
      )}
    </>
  );
}
