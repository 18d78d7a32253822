export function sweepPage() { return []; }
