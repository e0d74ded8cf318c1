"use client";
// What was changed and not saved on the server yet, kept in this browser: a crash, a reload or a dead server loses nothing.
import type { FlowDocument } from "@/features/workflows/model/flow";

export interface Kept {
  document: FlowDocument;
  /** The version of the server that it was made from. */
  base: number;
  /** Milliseconds since the epoch. */
  at: number;
}

const DATABASE = "liteagent";
const STORE = "drafts";

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error(DATABASE));
  });
}

async function within<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await opened();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error ?? new Error(STORE));
    });
  } finally {
    database.close();
  }
}

/** Keeps a draft in place of the one before. */
export async function keep(workflowId: string, kept: Kept): Promise<void> {
  await within("readwrite", (store) => store.put(kept, workflowId)).catch(() => undefined);
}

/** The draft that was kept; null where everything was saved. */
export async function kept(workflowId: string): Promise<Kept | null> {
  const found = await within<Kept | undefined>("readonly", (store) => store.get(workflowId) as IDBRequest<Kept | undefined>).catch(() => undefined);
  return found ?? null;
}

/** Forgets a draft that the server has. */
export async function forget(workflowId: string): Promise<void> {
  await within("readwrite", (store) => store.delete(workflowId)).catch(() => undefined);
}
