/** Listeners, and the list of things to undo when a view is closed. */

export type Undo = () => void;

export class Signal<T = void> {
  private listeners = new Set<(value: T) => void>();

  on(listener: (value: T) => void): Undo {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(value: T): void {
    for (const listener of [...this.listeners]) listener(value);
  }
}

export class Scope {
  private undos: Undo[] = [];

  add(undo: Undo): void {
    this.undos.push(undo);
  }

  listen<K extends Event>(
    target: EventTarget,
    type: string,
    listener: (event: K) => void,
    options?: AddEventListenerOptions,
  ): void {
    target.addEventListener(type, listener as EventListener, options);
    this.add(() => target.removeEventListener(type, listener as EventListener, options));
  }

  close(): void {
    for (const undo of this.undos.reverse()) undo();
    this.undos = [];
  }
}
