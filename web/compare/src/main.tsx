import './style.css';
import { createRoot } from 'react-dom/client';
import { App } from './App';

const place = document.getElementById('compare');
if (!place) throw new Error('the page has no place for the comparison');

performance.setResourceTimingBufferSize(1000); // a run of many single requests must not lose any
createRoot(place).render(<App />);
