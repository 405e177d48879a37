import { Component, type ReactNode } from "react";
import { forgetOwned } from "./owned";

/** Shown instead of a blank page after an error of the page itself. The stored list is cleared, as it may be the cause. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <main className="page">
        <div className="card" role="alert">
          <p className="status bad">Something went wrong on this page. Reload it.</p>
          <p className="help">This clears the list of files in this tab. Uploaded files and their results stay under Tasks.</p>
          <div className="actions">
            <button
              type="button"
              onClick={() => {
                forgetOwned();
                location.reload();
              }}
            >
              Clear list and reload
            </button>
          </div>
        </div>
      </main>
    );
  }
}
