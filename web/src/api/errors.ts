/** A failure as the server tells it, or as the network does. */
export class AppError extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly status: number,
    readonly details: Readonly<Record<string, unknown>> = {},
    readonly requestId: string | null = null,
  ) {
    super(message);
    this.name = "AppError";
  }

  /** Nobody answered. */
  static unreachable(): AppError {
    return new AppError(
      "The server does not answer. Check that it runs, then try again.",
      "unreachable",
      0,
    );
  }

  /** The error in the body of an answer. */
  static from(status: number, body: unknown): AppError {
    const told = isObject(body) && isObject(body.error) ? body.error : {};
    const message = typeof told.message === "string" ? told.message : `The server answered ${status}.`;
    return new AppError(
      message,
      typeof told.code === "string" ? told.code : "unknown",
      status,
      isObject(told.details) ? told.details : {},
      typeof told.request_id === "string" ? told.request_id : null,
    );
  }
}

/** Whether a value is an object with keys. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
