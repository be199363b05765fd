/** All keys of the page, above it. */
import { useEffect, useRef } from "preact/hooks"
import { setShared } from "../state/address.js"
import { groups } from "../state/keys.js"

export const KeysPanel = () => {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const close = () => setShared({ panel: undefined })
  return (
    <dialog ref={dialog} class="panel" aria-labelledby="keys-title" onClose={close}>
      <header class="panel-head">
        <h2 id="keys-title">Keys</h2>
        <button type="button" class="plain" aria-label="Close" onClick={() => dialog.current?.close()}>
          ×
        </button>
      </header>
      <div class="keys">
        {groups.value.map(({ keys, title }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(({ keys, label }) => (
                <div key={keys}>
                  <dt>
                    {keys.split(" ").map((key) => (
                      <kbd key={key}>{names[key] ?? key}</kbd>
                    ))}
                  </dt>
                  <dd>{label}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  )
}

const names: { readonly [key: string]: string } = {
  Escape: "Esc",
  ArrowDown: "↓",
  ArrowUp: "↑",
  ArrowLeft: "←",
  ArrowRight: "→"
}
