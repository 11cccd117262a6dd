/** SyncApp's own mark. */
export const Mark = ({ size = 20 }: { size?: number }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 20 20"
    fill="none"
    aria-hidden="true"
    className="shrink-0"
    strokeWidth="1.7"
    strokeLinecap="round"
  >
    <rect width="20" height="20" rx="5.5" className="fill-accent" />
    <path d="M5 6.2h3.2c3.6 0 3.6 7.6 7 7.6" className="stroke-on-accent" />
    <path
      d="M5 13.8h3.2c1.3 0 2.1-1 2.7-2.2M12 8c.7-1.1 1.6-1.8 3.1-1.8"
      className="stroke-on-accent"
      opacity=".6"
    />
  </svg>
);
