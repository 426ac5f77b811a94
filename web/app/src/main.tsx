import './style.css';
import { createRoot } from 'react-dom/client';
import { App } from './page/App';

const place = document.getElementById('app');
if (!place) {
  throw new Error('the page has no place for the app');
}
createRoot(place).render(<App />);
