/** Does not wait for open connections to end; closing what a gateway has closed already is no error. */
export function closeOnce(socket: { close(): unknown }): void {
  try {
    socket.close();
  } catch {
    return;
  }
}
